// SPDX-License-Identifier: Apache-2.0
// A Dht's parts in the DHTs of IPv4 and of IPv6 as one: inputs go to the family that they are of,
// requests to both, and what comes of these is put together. A family that the socket lacks stays
// silent.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <variant>
#include <vector>

#include "core/dht/engine.h"
#include "core/dht/item_search.h"
#include "core/dht/kept_items.h"

namespace lanyard::dht {

class Dht::DualStack {
 public:
  DualStack(const Settings& settings, Rng& rng);

  void set_own_addresses(std::span<const IpAddress> addresses);
  void note_contact(Instant now, const IpAddress& address) {
    common_.queries.note_contact(now, address);
  }
  void set_reachable(IpFamily family) { engine(family).set_reachable(); }
  void restore_nodes(std::span<const Contact> nodes);
  void restore_own_id(IpFamily family, const NodeId& id) { engine(family).restore_own_id(id); }
  void start(Instant now, std::uint16_t port, Families families, Datagrams& out);
  void add_bootstrap(Instant now, std::span<const Endpoint> endpoints, Datagrams& out);
  void handle_network_change(Instant now, Datagrams& out);

  LookupId get_peers(
      Instant now, const InfoHash& info_hash, Announce announce, Datagrams& out, Events& events);
  LookupId search_item(Instant now, const ItemSearch& search, Datagrams& out, Events& events);
  LookupId keep_item(Instant now, const Item& item, Datagrams& out, Events& events);
  void release_item(const ItemTarget& target);
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
    std::variant<LookupDone, ItemDone> sum;
    bool has_found_item = false;
    std::optional<std::int64_t> newest;  // of the versions that some family found
  };

  Engine& engine(IpFamily family) { return family == IpFamily::v4 ? v4_ : v6_; }
  Families running() const { return {.v4 = v4_.is_running(), .v6 = v6_.is_running()}; }
  void walk_item(
      Instant now, LookupId lookup, const ItemSearch& search, Datagrams& out, Events& events);
  void put_due(Instant now, Datagrams& out, Events& events);
  // Passes on what one family's engine told.
  void settle(Instant now, IpFamily family, Events& told, Events& events);
  bool is_news(const ItemFound& found);
  static void add(const LookupDone& done, Pending& pending);
  static void add(const ItemDone& done, Pending& pending);
  template <typename Done>
  void conclude(Instant now, IpFamily family, const Done& done, Events& events);

  Engine::Common common_;
  Engine v4_;
  Engine v6_;
  std::uint64_t next_lookup_ = 1;
  std::map<LookupId, Pending> lookups_;
  KeptItems kept_;
};

}  // namespace lanyard::dht
