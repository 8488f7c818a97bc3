// SPDX-License-Identifier: Apache-2.0
// All lookups under way: those for peers and for items, which the owner of the DHT began, and those
// for nodes near some id, which keep the routing table filled. Turns what they find into events.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "core/base/datagram.h"
#include "core/base/endpoint.h"
#include "core/base/time.h"
#include "core/dht/dht.h"
#include "core/dht/item_search.h"
#include "core/dht/krpc.h"
#include "core/dht/lookup.h"
#include "core/dht/query_sender.h"
#include "core/dht/routing_table.h"

namespace lanyard::dht {

class Searches {
 public:
  static constexpr Duration kLongest = seconds(30);

  // own_id must outlive it.
  Searches(IpFamily family, Mode mode, Defences defences, const NodeId& own_id)
      : family_(family), mode_(mode), defences_(defences), own_id_(own_id) {}

  // All wait for the next begin_waiting(). Of too many at once the newest ends at once.
  void add_for_peers(
      Instant now, LookupId lookup, const InfoHash& info_hash, Announce announce, Events& events);
  void add_for_item(Instant now, LookupId lookup, ItemSearch item, Events& events);
  void add_for_nodes(Instant now, const NodeId& target);
  void cancel(LookupId lookup);

  // Those that wait for a first node begin, once the table has one.
  void begin_waiting(const RoutingTable& table);
  // The lookup has found no node to begin with yet.
  bool is_waiting(LookupId lookup) const;
  // Nodes heard of by other means.
  void add_nodes(const std::vector<Contact>& nodes);
  // Sends what the lookups want sent, as far as limits allow.
  void pump(Instant now, std::uint16_t own_port, QuerySender& sender, Datagrams& out);

  // The nodes of the answer that the owner lets pass are given apart.
  void handle_answer(const Transaction& transaction,
                     const Answer& answer,
                     const std::vector<Contact>& nodes,
                     Events& events);
  void handle_slow(const Transaction& transaction);
  // An error came, or nothing did: code 0.
  void handle_failure(const Transaction& transaction, std::int64_t code = 0);
  // A peer announced itself at this node.
  void handle_stored(Instant now, const InfoHash& info_hash, const Endpoint& peer, Events& events);
  // Peers found otherwise than by an answer.
  void report(LookupId lookup, const std::vector<Endpoint>& peers, Events& events);
  // An item found otherwise than by an answer.
  void report(LookupId lookup, const Item& item, Events& events);
  // This endpoint is ours and not reported.
  void set_own_endpoint(const std::optional<Endpoint>& endpoint) { own_endpoint_ = endpoint; }

  // What this node itself is one of those to store.
  struct StoredHere {
    std::vector<InfoHash> info_hashes;  // of which we are a peer
    std::vector<Item> items;
  };
  // Ends what is done or out of time.
  StoredHere finish(Instant now, Events& events);
  Instant next_timeout() const;

 private:
  // Lookups of the owner have ids below.
  static constexpr std::uint64_t kFirstOwnId = std::uint64_t{1} << 63;

  enum class Goal : std::uint8_t { peers, item, nodes };
  enum class Phase : std::uint8_t { waiting, walking };
  struct Search {
    Goal goal;
    Phase phase = Phase::waiting;
    Announce announce = Announce::no;  // of peers
    InfoHash info_hash;                // of peers
    std::optional<ItemSearch> item;    // of an item
    Lookup lookup;
    Instant ends_at;
    std::set<Endpoint> reported;  // of peers
  };
  // A hash whose lookup has ended and whose peers still matter if they announce themselves here.
  struct Recent {
    LookupId lookup;
    InfoHash info_hash;
    Instant until;
  };

  Search* find(std::uint64_t id);
  Lookup walk_to(const NodeId& target, Goal goal) const;
  static bool wants_storing(const Search& search);
  static Query question(const Search& search);
  static Query announcement(const Search& search,
                            const Lookup::Announcement& to,
                            std::uint16_t own_port);
  void send_announcements(Instant now,
                          std::uint64_t id,
                          Search& search,
                          std::uint16_t own_port,
                          QuerySender& sender,
                          Datagrams& out);
  void report(std::uint64_t id, Search& search, const std::vector<Endpoint>& peers, Events& events);
  static bool is_done(const Search& search);
  void conclude(
      Instant now, std::uint64_t id, const Search& search, StoredHere& stored_here, Events& events);
  void remember(Instant now, std::uint64_t id, const InfoHash& info_hash);

  IpFamily family_;
  Mode mode_;
  Defences defences_;
  const NodeId& own_id_;
  std::optional<Endpoint> own_endpoint_;
  std::uint64_t next_id_ = kFirstOwnId;  // of lookups for nodes
  std::map<std::uint64_t, Search> searches_;
  std::vector<Recent> recent_;  // the newest last
};

}  // namespace lanyard::dht
