// SPDX-License-Identifier: Apache-2.0
// A Dht's parts in the DHTs of IPv4 and of IPv6 as one: inputs go to the family that they are of,
// requests to both, and what comes of these is put together. A family that the socket lacks stays
// silent.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <span>
#include <vector>

#include "core/dht/engine.h"

namespace lanyard::dht {

class Dht::DualStack {
 public:
  DualStack(const Settings& settings, Rng& rng);

  void set_own_addresses(std::span<const IpAddress> addresses);
  void set_reachable(IpFamily family) { engine(family).set_reachable(); }
  void restore_nodes(std::span<const Contact> nodes);
  void restore_own_id(IpFamily family, const NodeId& id) { engine(family).restore_own_id(id); }
  void start(Instant now, std::uint16_t port, Families families, Datagrams& out);
  void add_bootstrap(Instant now, std::span<const Endpoint> endpoints, Datagrams& out);
  void handle_network_change(Instant now, Datagrams& out);

  LookupId get_peers(
      Instant now, const InfoHash& info_hash, Announce announce, Datagrams& out, Events& events);
  void cancel(LookupId lookup);

  void handle_datagram(
      Instant now, const Endpoint& from, Bytes payload, Datagrams& out, Events& events);
  void handle_timeout(Instant now, Datagrams& out, Events& events);
  Instant next_timeout() const;

  const Engine& of(IpFamily family) const { return family == IpFamily::v4 ? v4_ : v6_; }
  std::optional<FamilyStatus> status(Instant now, IpFamily family) const;
  std::vector<Contact> good_nodes(Instant now) const;
  const Counters& counters() const { return common_.counters; }

 private:
  // A lookup that some family still walks, with what the others came to.
  struct Pending {
    Families walking;
    LookupDone sum;
  };

  Engine& engine(IpFamily family) { return family == IpFamily::v4 ? v4_ : v6_; }
  // Passes on what one family's engine told.
  void settle(IpFamily family, Events& told, Events& events);
  void conclude(IpFamily family, const LookupDone& done, Events& events);

  Engine::Common common_;
  Engine v4_;
  Engine v6_;
  std::uint64_t next_lookup_ = 1;
  std::map<LookupId, Pending> lookups_;
};

}  // namespace lanyard::dht
