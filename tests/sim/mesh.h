// SPDX-License-Identifier: Apache-2.0
// The large simulation: many whole nodes in five networks, some in two of them, at homes behind
// NATs and on public addresses, in bad weather, a tenth of them restarting. Every member must get a
// packet through to every other member of its networks, and to nobody else.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tests/sim/world.h"

namespace lanyard::sim {

class Mesh {
 public:
  static constexpr std::uint32_t kNetworks = 5;

  Mesh(std::uint64_t seed, std::uint32_t nodes, Logging logging);

  // Plays it to its end, 60 s of virtual time at the latest.
  void run();

  // Sentences about what went wrong; none if all went well.
  const std::vector<std::string>& complaints() const { return complaints_; }
  // One line for people.
  std::string summary() const;
  World& world() { return world_; }

 private:
  struct Member {
    std::uint32_t network = 0;
    Host* host = nullptr;
    node::RequestId join = 0;  // 0: not asked, or forgotten by a restart
  };
  struct Step {
    Instant at;
    enum class Kind : std::uint8_t { join, power_off, power_on } kind = Kind::join;
    std::uint32_t subject = 0;  // index into members_ or hosts_

    friend auto operator<=>(const Step&, const Step&) = default;
  };

  void settle();
  void found_networks();
  std::vector<Step> plan();
  void play(const Step& step);
  void retry_joins();
  void join(Member& member);
  void probe_all();
  std::size_t unreached() const;
  void trespass();
  void look_for_strangers();
  void complain_of_unreached();

  World world_;
  const std::uint32_t nodes_;
  std::vector<Host*> hosts_;
  std::vector<Member> members_;  // by network, then by host
  std::vector<std::string> tokens_;
  std::vector<std::string> complaints_;
};

}  // namespace lanyard::sim
