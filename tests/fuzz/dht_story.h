// SPDX-License-Identifier: Apache-2.0
// A story of one Dht that bytes tell: what its owner asks of it, how time goes by, and what a
// handful of neighbours say to it, who answer its queries rightly, wrongly or not at all.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/base/rng.h"
#include "core/dht/dht.h"
#include "core/dht/krpc.h"

namespace lanyard::fuzz {

class DhtStory {
 public:
  // script must outlive it.
  explicit DhtStory(Bytes script);

  // Tells it to its end. What was not as promised; empty: nothing.
  std::string find_fault();

 private:
  struct Asked {
    Endpoint to;
    Buffer transaction;
    dht::Method method = dht::Method::ping;
  };

  std::uint8_t next();
  std::uint16_t next16();
  Bytes take(std::size_t size);
  const Endpoint& neighbour();
  dht::NodeId point();
  std::vector<dht::Contact> contacts();

  void happen();
  void pass_time();
  void ask();
  void announce_many();
  void answer();
  void refuse();
  void say_anything();
  void want_peers();
  void want_item();
  void put_item();
  void give_up();
  void change_world();
  void hear(const Endpoint& from, Buffer datagram);
  void mutate(Buffer& datagram);
  void run_timers();
  void settle();
  void check_sent(const Datagram& datagram);
  void check_answer(const Datagram& datagram, const dht::Answer& answer);
  void note(const dht::Event& event);
  void check(bool holds, const char* what);

  Bytes script_;
  SeededRng rng_{1};
  dht::Dht dht_;
  Instant now_{1'000'000'000'000};
  Datagrams out_;
  dht::Events events_;
  std::vector<Asked> asked_;
  std::map<dht::LookupId, Instant> wanted_;  // and when they end at the latest
  std::set<Endpoint> proven_;                // may have answered
  // Of the datagram that was just heard.
  std::optional<Endpoint> from_;
  std::size_t heard_bytes_ = 0;
  Buffer token_;  // the last one that it gave
  std::string fault_;
};

}  // namespace lanyard::fuzz
