// SPDX-License-Identifier: Apache-2.0
// The nodes that this node knows, more of them the closer they are (BEP 5, "Routing Table"): a
// bucket of eight for each number of leading bits shared with our id. Only nodes that have answered
// us enter, few of one subnet, and ids that fit their address (BEP 42) push out those that do not.
// Sends nothing: says whom to ask, and is told who answered and who did not.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "core/base/endpoint.h"
#include "core/base/rng.h"
#include "core/base/time.h"
#include "core/dht/node_id.h"
#include "core/dht/settings.h"

namespace lanyard::dht {

inline constexpr std::size_t kBucketSize = 8;  // BEP 5: K

class RoutingTable {
 public:
  // BEP 5: good if it answered, or asked us, within 15 min; bad after several unanswered queries.
  enum class Standing : std::uint8_t { good, questionable, bad };
  static constexpr Duration kGoodFor = minutes(15);
  static constexpr std::uint32_t kMissesOfBad = 2;

  RoutingTable(const NodeId& own_id, Mode mode, Defences defences = Defences::all);

  // Our id has changed: all nodes stay, each in the bucket where it belongs now.
  void move_to(Instant now, const NodeId& own_id);

  // The node answered a query of ours. It enters if there is room or a bad node to replace, else it
  // waits among its bucket's replacements. One node per address and per id: a
  // known good one stays.
  void add_answering(Instant now, const Contact& node);
  // The node asked us something. False: it is not in the table.
  bool note_query(Instant now, const Contact& node);
  // A query to it was not answered. Its id, if it is in the table.
  std::optional<NodeId> note_miss(const Endpoint& endpoint);

  // Whether the node would enter if it answered.
  bool wants(Instant now, const Contact& node) const;
  // The questionable node to ping since a newcomer waits for its place in the bucket where `near`
  // belongs; not the same one again for a while.
  std::optional<Contact> take_check(Instant now, const NodeId& near);

  // A random id in a bucket where nothing has changed for 15 min (BEP 5); it counts as changed now.
  std::optional<NodeId> take_refresh(Instant now, Rng& rng);
  Instant next_refresh() const;

  // Not counting bad nodes.
  std::size_t size() const;
  // How far from any point its eighth closest node is to be expected (as distance_head()), if nodes
  // are everywhere as dense as around us.
  std::uint64_t expected_reach() const;
  // Those that answered within the last 15 min.
  std::size_t answered_lately(Instant now) const;
  // Closest first, without bad nodes.
  std::vector<Contact> closest(const NodeId& target, std::size_t at_most) const;
  // The longest-known first, since they are the likeliest to live on.
  std::vector<Contact> good(Instant now, std::size_t at_most) const;
  // Bad nodes that nobody replaced, the last to answer first: a hope after an outage of ours.
  std::vector<Contact> silent(std::size_t at_most) const;
  // A node at this endpoint has answered and is not bad.
  bool is_alive(const Endpoint& endpoint) const;

 private:
  struct Entry {
    Contact contact;
    Instant known_since;
    Instant answered_at;
    Instant asked_us_at = Instant::long_ago();
    Instant checked_at = Instant::long_ago();
    std::uint32_t misses = 0;
    bool fits = false;  // the id its address
  };
  using Entries = std::vector<Entry>;
  struct Bucket {
    Entries entries;       // at most kBucketSize
    Entries replacements;  // as many; the newest last
    Instant changed_at = Instant::long_ago();
  };

  static Standing standing(Instant now, const Entry& entry);
  static bool is_bad(const Entry& entry) { return entry.misses >= kMissesOfBad; }
  Bucket& bucket_of(const NodeId& id);
  // nullptr: no node has been there yet.
  const Bucket* find_bucket(const NodeId& id) const;
  const Entry* find(const IpAddress& address) const;
  Entry* find(const IpAddress& address);
  // A node with the same id at another endpoint.
  static const Entry* find_namesake(const Bucket& bucket, const Contact& node);
  void remove(const IpAddress& address);
  bool stays_for(Instant now, const Entry& known, const Contact& newcomer) const;
  bool fits_well(const Contact& node) const;
  bool subnet_is_full(const NodeId& bucket, const IpAddress& address) const;
  void insert(Bucket& bucket, Entry entry);
  void add_replacement(Bucket& bucket, Entry entry);
  void promote_replacement(Bucket& bucket);

  NodeId own_id_;
  Mode subnet_mode_;
  Defences defences_;
  std::vector<Bucket> buckets_;  // by leading bits shared with own_id_, up to the last used
  std::map<IpAddress, NodeId> addresses_;  // of all entries and replacements
};

}  // namespace lanyard::dht
