// SPDX-License-Identifier: Apache-2.0
#include "core/dht/bootstrap.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>

#include "core/dht/dht.h"

namespace lanyard::dht {

namespace {

// Run for everyone by the makers of widely used BitTorrent clients.
constexpr std::array<std::string_view, 3> kNames = {
    "dht.libtorrent.org:25401",
    "router.bittorrent.com:6881",
    "dht.transmissionbt.com:6881",
};

constexpr std::size_t kMaxEndpoints = 64;
constexpr std::ptrdiff_t kKept = 16;
constexpr std::size_t kMaxRestored = 200;
// Half of the burst that queries of this node may come in is left to lookups.
constexpr std::size_t kEndpointsPerRound = 16;
constexpr std::size_t kRestoredPerRound = 32;
// More nodes than that come by themselves.
constexpr std::size_t kEnoughNodes = 64;
constexpr Duration kFirstWait = seconds(1);
constexpr Duration kLongestWait = seconds(60);

}  // namespace

std::span<const std::string_view> bootstrap_names() { return kNames; }

bool Bootstrap::add(std::span<const Endpoint> endpoints) {
  bool is_new = false;
  for (const Endpoint& endpoint : endpoints) {
    const bool is_known =
        std::find(endpoints_.begin(), endpoints_.end(), endpoint) != endpoints_.end();
    if (is_known || !endpoint.is_usable() || endpoint.address.family() != family_) continue;
    // Of too many the oldest is forgotten, for later hints are likelier to hold; but not what the
    // user gave, which came first.
    if (endpoints_.size() == kMaxEndpoints) endpoints_.erase(endpoints_.begin() + kKept);
    endpoints_.push_back(endpoint);
    is_new = true;
  }
  return is_new;
}

bool Bootstrap::knows(const IpAddress& address) const {
  return std::any_of(endpoints_.begin(), endpoints_.end(),
                     [&address](const Endpoint& endpoint) { return endpoint.address == address; });
}

void Bootstrap::restore(std::span<const Contact> nodes) {
  for (const Contact& node : nodes) {
    if (restored_.size() == kMaxRestored) return;
    const bool is_ours = node.endpoint.address.family() == family_;
    if (is_ours && node.endpoint.is_usable()) restored_.push_back(node.endpoint);
  }
}

void Bootstrap::restart(Instant now) {
  wait_ = kFirstWait;
  next_endpoint_ = 0;
  next_restored_ = 0;
  next_round_at_ = now;
}

std::vector<Endpoint> Bootstrap::take_round(Instant now, const RoutingTable& table, Rng& rng) {
  std::vector<Endpoint> out;
  const auto add_unless_alive = [&](const Endpoint& endpoint) {
    const bool is_there = std::find(out.begin(), out.end(), endpoint) != out.end();
    if (!is_there && !table.is_alive(endpoint)) out.push_back(endpoint);
  };
  // A bootstrap node that was away may know another part of a small network: asked until there are
  // enough nodes to know the whole.
  if (table.size() < kBucketSize) {
    for (std::size_t n = std::min(endpoints_.size(), kEndpointsPerRound); n > 0; --n) {
      add_unless_alive(endpoints_[next_endpoint_++ % endpoints_.size()]);
    }
  }
  if (table.size() == 0) {
    if (next_restored_ >= restored_.size()) next_restored_ = 0;
    for (const Contact& node : table.silent(kBucketSize)) add_unless_alive(node.endpoint);
  }
  if (table.size() < kEnoughNodes) {
    for (std::size_t n = kRestoredPerRound; n > 0 && next_restored_ < restored_.size(); --n) {
      add_unless_alive(restored_[next_restored_++]);
    }
  }
  schedule(now, table, rng);
  return out;
}

void Bootstrap::schedule(Instant now, const RoutingTable& table, Rng& rng) {
  if (table.size() >= kBucketSize) wait_ = kLongestWait;
  const bool has_unasked = next_restored_ < restored_.size() && table.size() < kEnoughNodes;
  next_round_at_ = now + (has_unasked ? kFirstWait : rng.jittered(wait_, 5));
  wait_ = std::min(wait_ * 2, kLongestWait);
}

}  // namespace lanyard::dht
