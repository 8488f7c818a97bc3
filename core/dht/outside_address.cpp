// SPDX-License-Identifier: Apache-2.0
#include "core/dht/outside_address.h"

#include <algorithm>
#include <map>

#include "core/dht/subnet.h"

namespace lanyard::dht {

namespace {

// Few, so that a new address of ours is elected soon.
constexpr std::size_t kVotesKept = 9;
// A network may have no more than two other nodes.
constexpr std::size_t kQuorum = 2;
// Whoever moves our id makes us leave the place where others know us.
constexpr std::size_t kCertain = 3;

// The key with the highest count; of several, the one that `preferred` names, else the smallest.
template <typename Key>
std::optional<Key> commonest(const std::map<Key, std::size_t>& counts,
                             const std::optional<Key>& preferred) {
  std::optional<Key> best;
  std::size_t best_count = 0;
  for (const auto& [key, count] : counts) {
    if (count > best_count || (count == best_count && preferred && key == *preferred)) {
      best = key;
      best_count = count;
    }
  }
  return best;
}

}  // namespace

bool OutsideAddressVotes::vote(const IpAddress& from, const Endpoint& seen) {
  const IpAddress voter = is_subnet_limited(mode_, from) ? subnet_of(from).address : from;
  std::erase_if(votes_, [&voter](const Vote& vote) { return vote.voter == voter; });
  if (votes_.size() == kVotesKept) votes_.erase(votes_.begin());
  votes_.push_back({voter, seen});
  const auto before = elected_;
  count();
  return elected_ != before;
}

std::optional<IpAddress> OutsideAddressVotes::elect_address() const {
  std::map<IpAddress, std::size_t> counts;
  for (const Vote& vote : votes_) ++counts[vote.seen.address];
  std::optional<IpAddress> current;
  if (elected_) current = elected_->address;
  const auto address = commonest(counts, current);
  if (!address || counts.at(*address) < kQuorum) return std::nullopt;
  return address;
}

void OutsideAddressVotes::count() {
  const auto address = elect_address();
  if (!address) {  // what was elected before stays until something else is
    is_certain_ = false;
    return;
  }
  std::map<std::uint16_t, std::size_t> ports;
  for (const Vote& vote : votes_) {
    if (vote.seen.address == *address) ++ports[vote.seen.port];
  }
  std::optional<std::uint16_t> current;
  if (elected_) current = elected_->port;
  const auto agreeing = static_cast<std::size_t>(
      std::count_if(votes_.begin(), votes_.end(),
                    [&address](const Vote& vote) { return vote.seen.address == *address; }));
  is_certain_ = agreeing >= kCertain && agreeing * 2 > votes_.size();
  elected_ = Endpoint{*address, *commonest(ports, current)};
  mapping_ = ports.size() == 1 ? MappingKind::endpoint_independent : MappingKind::address_dependent;
}

}  // namespace lanyard::dht
