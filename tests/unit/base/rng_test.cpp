// SPDX-License-Identifier: Apache-2.0
#include "core/base/rng.h"

#include <doctest/doctest.h>

#include "core/base/deadlines.h"

using namespace lanyard;

TEST_CASE("SeededRng: the numbers of a seed never change") {
  SeededRng rng(1);
  CHECK(rng.next_u64() == 12966619160104079557ULL);
  SeededRng again(1);
  CHECK(again.next_u64() == 12966619160104079557ULL);
  CHECK(SeededRng(2).next_u64() != 12966619160104079557ULL);
}

TEST_CASE("Rng: below and jittered stay in range") {
  SeededRng rng(7);
  for (int i = 0; i < 1000; ++i) {
    CHECK(rng.below(3) < 3);
    const Duration d = rng.jittered(seconds(10), 5);
    CHECK(d >= seconds(8));
    CHECK(d <= seconds(12));
  }
  CHECK(rng.jittered(nanoseconds(1), 5) == nanoseconds(1));
}

TEST_CASE("Deadlines: the earliest comes first and is taken once") {
  enum class Timer : std::uint8_t { one, two, count_ };
  Deadlines<Timer> deadlines;
  CHECK(deadlines.next() == Instant::never());
  deadlines.set(Timer::one, {20});
  deadlines.set(Timer::two, {10});
  CHECK(deadlines.next() == Instant{10});
  CHECK_FALSE(deadlines.take_expired(Timer::one, {19}));
  CHECK(deadlines.take_expired(Timer::one, {20}));
  CHECK_FALSE(deadlines.take_expired(Timer::one, {20}));
  deadlines.set_if_earlier(Timer::two, {30});
  CHECK(deadlines.get(Timer::two) == Instant{10});
}
