// SPDX-License-Identifier: Apache-2.0
#include "core/network/admission.h"

#include <algorithm>

#include "tests/unit/network/network_fixture.h"

using namespace lanyard;
using namespace lanyard::network;

namespace {

MemberId numbered(std::uint8_t n) { return {{n}}; }

ClaimInLine claim(std::uint8_t n, std::int64_t witnessed, std::int64_t first_seen) {
  return {numbered(n), after(kNow, witnessed), after(kNow, first_seen), 1};
}

std::vector<std::uint8_t> order(std::vector<ClaimInLine> claims) {
  std::vector<std::uint8_t> out;
  for (const ClaimInLine& each : line_up(std::move(claims))) out.push_back(each.member.bytes[0]);
  return out;
}

using Order = std::vector<std::uint8_t>;

}  // namespace

TEST_CASE("admission: within a day the witness's time decides, then the id") {
  CHECK(order({}).empty());
  CHECK(order({claim(1, 30, 100), claim(2, 20, 5000), claim(3, 10, 70'000)}) == Order{3, 2, 1});
  CHECK(order({claim(2, 10, 0), claim(1, 10, kDay)}) == Order{1, 2});
}

TEST_CASE("admission: what was in force for a day cannot be ousted") {
  // 2 was witnessed earlier, or says so, but was first seen a day and a second after 1.
  CHECK(order({claim(1, 30, 0), claim(2, 20, kDay + 1)}) == Order{1, 2});
  CHECK(order({claim(1, 30, 0), claim(2, 20, kDay)}) == Order{2, 1});
  // Two days later nothing has changed: the time of asking plays no part.
  CHECK(order({claim(1, 30, 0), claim(2, 20, kDay + 1), claim(3, 10, 3 * kDay)}) == Order{1, 3, 2});
  // 1 was displaced by 2 at once, so it has nothing to keep.
  CHECK(order({claim(1, 30, 0), claim(2, 20, 10), claim(3, 10, 2 * kDay)}) == Order{2, 3, 1});
}

TEST_CASE("admission: the order in which claims are given does not matter") {
  SeededRng rng(5);
  for (int round = 0; round < 50; ++round) {
    std::vector<ClaimInLine> claims;
    for (std::uint8_t n = 0; n < 9; ++n) {
      claims.push_back({numbered(n), after(kNow, static_cast<std::int64_t>(rng.below(40))),
                        after(kNow, static_cast<std::int64_t>(rng.below(4)) * kDay),
                        static_cast<std::uint32_t>(1 + rng.below(4))});
    }
    const Order expected = order(claims);
    for (int shuffle = 0; shuffle < 5; ++shuffle) {
      for (std::size_t i = claims.size(); i > 1; --i)
        std::swap(claims[i - 1], claims[rng.below(i)]);
      CHECK(order(claims) == expected);
    }
  }
}
