// SPDX-License-Identifier: Apache-2.0
#include "core/dht/write_tokens.h"

#include <doctest/doctest.h>

#include "tests/unit/dht/points.h"

using namespace lanyard;
using namespace lanyard::dht;

namespace {

const IpAddress kAsker = address_of("20.0.1.2");
const NodeId kPlace = id_of(0x1234);

}  // namespace

TEST_CASE("write tokens: good for one address and one place only") {
  SeededRng rng(1);
  WriteTokens tokens(rng);
  const auto token = tokens.issue(kStart, kAsker, kPlace);
  CHECK(tokens.accepts(kStart, kAsker, kPlace, token));
  CHECK_FALSE(tokens.accepts(kStart, address_of("20.0.1.3"), kPlace, token));
  CHECK_FALSE(tokens.accepts(kStart, kAsker, id_of(0x1235), token));
  CHECK_FALSE(tokens.accepts(kStart, kAsker, kPlace, Bytes(token).first(7)));
  CHECK_FALSE(tokens.accepts(kStart, kAsker, kPlace, Bytes()));
  for (std::size_t bit = 0; bit < token.size() * 8; ++bit) {
    auto flipped = token;
    flipped[bit / 8] = static_cast<std::uint8_t>(flipped[bit / 8] ^ 1 << bit % 8);
    CHECK_FALSE(tokens.accepts(kStart, kAsker, kPlace, flipped));
  }
  SeededRng other_rng(2);
  WriteTokens other(other_rng);
  CHECK_FALSE(other.accepts(kStart, kAsker, kPlace, token));
}

TEST_CASE("write tokens: accepted for five to ten minutes") {
  for (const int issued_at_seconds : {0, 100, 299}) {
    CAPTURE(issued_at_seconds);
    SeededRng rng(1);
    WriteTokens tokens(rng);
    tokens.issue(kStart, kAsker, kPlace);  // the secrets' five minutes begin here
    const Instant issued = kStart + seconds(issued_at_seconds);
    const auto token = tokens.issue(issued, kAsker, kPlace);
    CHECK(tokens.accepts(issued + minutes(5), kAsker, kPlace, token));
    CHECK_FALSE(tokens.accepts(issued + minutes(11), kAsker, kPlace, token));
  }
  SeededRng rng(1);
  WriteTokens tokens(rng);
  const auto token = tokens.issue(kStart, kAsker, kPlace);
  CHECK(tokens.accepts(kStart + minutes(9), kAsker, kPlace, token));
}

TEST_CASE("write tokens: a long silence ends both secrets") {
  SeededRng rng(1);
  WriteTokens tokens(rng);
  const auto token = tokens.issue(kStart, kAsker, kPlace);
  CHECK_FALSE(tokens.accepts(kStart + minutes(10), kAsker, kPlace, token));
  CHECK_FALSE(tokens.accepts(kStart + hours(10), kAsker, kPlace, token));
}
