// SPDX-License-Identifier: Apache-2.0
#include "core/dht/rate_limit.h"

#include <algorithm>

namespace lanyard::dht {

namespace {

constexpr std::size_t kMaxAddresses = 1024;  // some 100 kB; scanned only when full

}  // namespace

Instant AddressLimits::allowed_at(const IpAddress& address) const {
  const auto it = limits_.find(address);
  return it == limits_.end() ? Instant::long_ago() : it->second.allowed_at(rate_);
}

bool AddressLimits::allows(Instant now, const IpAddress& address) const {
  return allowed_at(address) <= now;
}

void AddressLimits::spend(Instant now, const IpAddress& address) {
  if (limits_.size() >= forget_at_size_) {
    std::erase_if(limits_, [now](const auto& entry) { return entry.second.full_at() <= now; });
    forget_at_size_ = std::max(kFewAddresses, limits_.size() * 2);
  }
  if (limits_.size() >= kMaxAddresses && !limits_.contains(address)) {
    limits_.erase(std::min_element(
        limits_.begin(), limits_.end(),
        [](const auto& a, const auto& b) { return a.second.full_at() < b.second.full_at(); }));
  }
  limits_[address].spend(now, rate_);
}

}  // namespace lanyard::dht
