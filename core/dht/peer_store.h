// SPDX-License-Identifier: Apache-2.0
// The peers that others (and we) announced at this node, each for a time. Bounded in info-hashes,
// in peers under one, and in what one address may fill. What has expired is removed as it is met.
#pragma once

#include <map>
#include <vector>

#include "core/base/endpoint.h"
#include "core/base/rng.h"
#include "core/base/time.h"
#include "core/dht/node_id.h"
#include "core/dht/settings.h"

namespace lanyard::dht {

class PeerStore {
 public:
  explicit PeerStore(const Limits& limits) : limits_(limits) {}

  // False: no room. A peer that is there already is renewed; of a hash whose list is full the peer
  // that expires first gives way.
  bool add(Instant now, const InfoHash& info_hash, const Endpoint& peer);
  // Whether add() for a new peer of this address would find room.
  bool has_room(Instant now, const InfoHash& info_hash, const IpAddress& address);
  // Random ones if there are more.
  std::vector<Endpoint> sample(Instant now,
                               const InfoHash& info_hash,
                               std::size_t at_most,
                               Rng& rng);
  std::vector<Endpoint> all(Instant now, const InfoHash& info_hash);
  std::size_t hash_count() const { return hashes_.size(); }

 private:
  struct StoredPeer {
    Endpoint endpoint;
    Instant expires_at;
  };
  using Peers = std::vector<StoredPeer>;

  void drop_expired(Instant now, Peers& peers);
  void drop_all_expired(Instant now);
  void uncount(const IpAddress& address);

  Limits limits_;
  std::map<InfoHash, Peers> hashes_;
  std::map<IpAddress, std::size_t> entries_by_address_;
};

}  // namespace lanyard::dht
