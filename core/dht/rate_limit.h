// SPDX-License-Identifier: Apache-2.0
// Limits of how often something may happen: so many at once, then one per interval. Counts in
// integers alone (the generic cell rate algorithm of ATM), so that it needs one instant of state.
#pragma once

#include <cstddef>
#include <map>

#include "core/base/endpoint.h"
#include "core/base/time.h"

namespace lanyard::dht {

struct Rate {
  std::size_t burst = 1;
  Duration interval;
};

// The state of one limit; the rate is its owner's.
class RateLimit {
 public:
  // When an event of this cost may happen; long past if at once.
  Instant allowed_at(const Rate& rate, std::size_t cost = 1) const {
    return full_at_ + rate.interval *
                          (static_cast<std::int64_t>(cost) - static_cast<std::int64_t>(rate.burst));
  }
  void spend(Instant now, const Rate& rate, std::size_t cost = 1) {
    full_at_ = (full_at_ < now ? now : full_at_) + rate.interval * static_cast<std::int64_t>(cost);
  }
  // When the whole burst is to be had again.
  Instant full_at() const { return full_at_; }

 private:
  Instant full_at_ = Instant::long_ago();
};

// One limit for each of the addresses seen last. Those whose whole burst is to be had again are
// forgotten now and then. The table is bounded: of a full one the address that has been quiet for
// longest is forgotten, which gives it its burst back.
class AddressLimits {
 public:
  explicit AddressLimits(Rate rate) : rate_(rate) {}

  bool allows(Instant now, const IpAddress& address) const;
  Instant allowed_at(const IpAddress& address) const;
  void spend(Instant now, const IpAddress& address);
  std::size_t size() const { return limits_.size(); }

 private:
  // The table is gone through when it has grown to this, and then to twice what it is.
  static constexpr std::size_t kFewAddresses = 64;

  Rate rate_;
  std::map<IpAddress, RateLimit> limits_;
  std::size_t forget_at_size_ = kFewAddresses;
};

}  // namespace lanyard::dht
