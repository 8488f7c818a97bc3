// SPDX-License-Identifier: Apache-2.0
#include "core/dht/rate_limit.h"

#include <doctest/doctest.h>

#include "tests/unit/dht/points.h"

using namespace lanyard;
using namespace lanyard::dht;

TEST_CASE("rate limit: a burst, then one per interval") {
  const Rate rate{3, seconds(1)};
  RateLimit limit;
  for (int i = 0; i < 3; ++i) {
    REQUIRE(limit.allowed_at(rate) <= kStart);
    limit.spend(kStart, rate);
  }
  CHECK(limit.allowed_at(rate) == kStart + seconds(1));
  CHECK(limit.allowed_at(rate, 3) == kStart + seconds(3));
  limit.spend(kStart + seconds(1), rate);
  CHECK(limit.allowed_at(rate) == kStart + seconds(2));
  // The burst comes back, and no more than that.
  const Instant later = kStart + hours(1);
  CHECK(limit.allowed_at(rate, 3) <= later);
  CHECK(limit.allowed_at(rate, 4) <= later);
  limit.spend(later, rate, 3);
  CHECK(limit.allowed_at(rate) == later + seconds(1));
}

TEST_CASE("rate limit: one for each address, in a bounded table") {
  AddressLimits limits({1, seconds(10)});
  const IpAddress first = address_of("20.0.0.1");
  limits.spend(kStart, first);
  CHECK_FALSE(limits.allows(kStart, first));
  CHECK(limits.allows(kStart, address_of("20.0.0.2")));
  CHECK(limits.allows(kStart + seconds(10), first));
  for (std::uint32_t i = 0; i < 1500; ++i) {
    limits.spend(kStart + milliseconds(i), IpAddress::from_v4(0x15000000u + i));
  }
  CHECK(limits.size() == 1024);
  CHECK_FALSE(limits.allows(kStart + seconds(5), IpAddress::from_v4(0x15000000u + 1499)));
}
