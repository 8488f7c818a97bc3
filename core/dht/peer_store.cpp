// SPDX-License-Identifier: Apache-2.0
#include "core/dht/peer_store.h"

#include <algorithm>
#include <utility>

namespace lanyard::dht {

bool PeerStore::add(Instant now, const InfoHash& info_hash, const Endpoint& peer) {
  const Instant expires_at = now + limits_.peer_lifetime;
  if (const auto it = hashes_.find(info_hash); it != hashes_.end()) {
    for (StoredPeer& known : it->second) {
      if (known.endpoint != peer) continue;
      known.expires_at = expires_at;
      return true;
    }
  }
  if (!has_room(now, info_hash, peer.address)) return false;
  Peers& peers = hashes_[info_hash];
  drop_expired(now, peers);
  if (peers.size() >= limits_.peers_per_hash) {
    const auto first = std::min_element(
        peers.begin(), peers.end(),
        [](const StoredPeer& a, const StoredPeer& b) { return a.expires_at < b.expires_at; });
    uncount(first->endpoint.address);
    peers.erase(first);
  }
  peers.push_back({peer, expires_at});
  ++entries_by_address_[peer.address];
  return true;
}

bool PeerStore::has_room(Instant now, const InfoHash& info_hash, const IpAddress& address) {
  const auto fits = [&] {
    const auto mine = entries_by_address_.find(address);
    return (hashes_.size() < limits_.stored_hashes || hashes_.contains(info_hash)) &&
           (mine == entries_by_address_.end() || mine->second < limits_.entries_per_address);
  };
  if (fits()) return true;
  drop_all_expired(now);
  return fits();
}

std::vector<Endpoint> PeerStore::all(Instant now, const InfoHash& info_hash) {
  std::vector<Endpoint> out;
  const auto it = hashes_.find(info_hash);
  if (it == hashes_.end()) return out;
  drop_expired(now, it->second);
  for (const StoredPeer& peer : it->second) out.push_back(peer.endpoint);
  if (out.empty()) hashes_.erase(it);
  return out;
}

std::vector<Endpoint> PeerStore::sample(Instant now,
                                        const InfoHash& info_hash,
                                        std::size_t at_most,
                                        Rng& rng) {
  std::vector<Endpoint> out = all(now, info_hash);
  if (out.size() <= at_most) return out;
  for (std::size_t i = 0; i < at_most; ++i) std::swap(out[i], out[i + rng.below(out.size() - i)]);
  out.resize(at_most);
  return out;
}

void PeerStore::drop_expired(Instant now, Peers& peers) {
  for (const StoredPeer& peer : peers) {
    if (peer.expires_at <= now) uncount(peer.endpoint.address);
  }
  std::erase_if(peers, [now](const StoredPeer& peer) { return peer.expires_at <= now; });
}

void PeerStore::drop_all_expired(Instant now) {
  for (auto& [hash, peers] : hashes_) drop_expired(now, peers);
  std::erase_if(hashes_, [](const auto& entry) { return entry.second.empty(); });
}

void PeerStore::uncount(const IpAddress& address) {
  const auto it = entries_by_address_.find(address);
  if (--it->second == 0) entries_by_address_.erase(it);
}

}  // namespace lanyard::dht
