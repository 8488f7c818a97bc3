// SPDX-License-Identifier: Apache-2.0
#include "core/dht/transactions.h"

#include <doctest/doctest.h>

#include "tests/unit/dht/points.h"

using namespace lanyard;
using namespace lanyard::dht;

TEST_CASE("transactions: only the endpoint asked can end one, and only once") {
  SeededRng rng(1);
  Transactions open;
  const auto id = open.open(kStart, node_endpoint(1), Purpose::lookup, 7, rng).id;
  const auto other = open.open(kStart, node_endpoint(1), Purpose::contact, 0, rng).id;
  CHECK(id != other);
  CHECK_FALSE(open.close(id, node_endpoint(2)).has_value());
  CHECK_FALSE(open.close(id, Endpoint{node_endpoint(1).address, 4001}).has_value());
  CHECK_FALSE(open.close(Bytes(id).first(3), node_endpoint(1)).has_value());
  CHECK_FALSE(open.close(Bytes(), node_endpoint(1)).has_value());
  const auto closed = open.close(id, node_endpoint(1));
  REQUIRE(closed.has_value());
  CHECK(closed->lookup == 7);
  CHECK_FALSE(open.close(id, node_endpoint(1)).has_value());
}

TEST_CASE("transactions: slow after a second, expired after five") {
  SeededRng rng(1);
  Transactions open;
  CHECK(open.next_timeout() == Instant::never());
  open.open(kStart, node_endpoint(1), Purpose::lookup, 1, rng);
  open.open(kStart + milliseconds(500), node_endpoint(2), Purpose::lookup, 1, rng);
  CHECK(open.next_timeout() == kStart + seconds(1));
  CHECK_FALSE(open.take_slow(kStart + milliseconds(999)).has_value());
  CHECK(open.take_slow(kStart + seconds(1))->to == node_endpoint(1));
  CHECK_FALSE(open.take_slow(kStart + seconds(1)).has_value());
  CHECK(open.next_timeout() == kStart + milliseconds(1500));
  CHECK(open.take_slow(kStart + seconds(2))->to == node_endpoint(2));
  CHECK(open.next_timeout() == kStart + seconds(5));
  CHECK_FALSE(open.take_expired(kStart + milliseconds(4999)).has_value());
  CHECK(open.take_expired(kStart + seconds(5))->to == node_endpoint(1));
  CHECK_FALSE(open.take_expired(kStart + seconds(5)).has_value());
  CHECK(open.take_expired(kStart + seconds(6))->to == node_endpoint(2));
  CHECK(open.next_timeout() == Instant::never());
}
