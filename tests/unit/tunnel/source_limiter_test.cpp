// SPDX-License-Identifier: Apache-2.0
#include "core/tunnel/source_limiter.h"

#include <doctest/doctest.h>

using namespace lanyard;
using namespace lanyard::tunnel;

TEST_CASE("SourceLimiter: a burst, then a rate, each source for itself") {
  SourceLimiter limiter;
  const Endpoint a = *Endpoint::parse("192.0.2.1:1");
  const Endpoint same = *Endpoint::parse("192.0.2.1:2");
  const Endpoint b = *Endpoint::parse("192.0.2.2:1");
  Instant now{seconds(5).nanoseconds};
  for (std::int64_t i = 0; i < SourceLimiter::kBurst; ++i) CHECK(limiter.allow(now, a));
  CHECK_FALSE(limiter.allow(now, a));
  CHECK_FALSE(limiter.allow(now, same));
  CHECK(limiter.allow(now, b));
  now = now + SourceLimiter::kRefill;
  CHECK(limiter.allow(now, same));
  CHECK_FALSE(limiter.allow(now, a));
  now = now + minutes(1);
  for (std::int64_t i = 0; i < SourceLimiter::kBurst; ++i) CHECK(limiter.allow(now, a));
  CHECK_FALSE(limiter.allow(now, a));
}

TEST_CASE("SourceLimiter: an IPv6 source is its /64") {
  CHECK(source_of(*Endpoint::parse("[2001:db8::1]:1")) ==
        source_of(*Endpoint::parse("[2001:db8::ffff:1]:2")));
  CHECK(source_of(*Endpoint::parse("[2001:db8::1]:1")) !=
        source_of(*Endpoint::parse("[2001:db8:0:1::1]:1")));
}

TEST_CASE("SourceLimiter: bounded; sources that have been quiet make room") {
  SourceLimiter limiter;
  Instant now{seconds(5).nanoseconds};
  std::uint32_t next = 0x0a000000;
  for (std::size_t i = 0; i < SourceLimiter::kMaxSources; ++i) {
    CHECK(limiter.allow(now, {IpAddress::from_v4(next++), 1}));
  }
  CHECK_FALSE(limiter.allow(now, {IpAddress::from_v4(next++), 1}));
  CHECK(limiter.size() == SourceLimiter::kMaxSources);
  now = now + SourceLimiter::kRefill;
  CHECK(limiter.allow(now, {IpAddress::from_v4(next++), 1}));
  CHECK(limiter.size() == 1);
}
