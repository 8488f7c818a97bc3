// SPDX-License-Identifier: Apache-2.0
#include "core/dht/peer_store.h"

#include <algorithm>
#include <set>

#include <doctest/doctest.h>

#include "tests/unit/dht/points.h"

using namespace lanyard;
using namespace lanyard::dht;

namespace {

std::size_t stored(PeerStore& store, Instant now, const InfoHash& hash) {
  SeededRng rng(1);
  return store.sample(now, hash, 1000, rng).size();
}

}  // namespace

TEST_CASE("peer store: peers are kept 45 minutes from their last announcement") {
  PeerStore store{Limits()};
  const InfoHash hash = hash_of(1);
  REQUIRE(store.add(kStart, hash, node_endpoint(1)));
  REQUIRE(store.add(kStart, hash, node_endpoint(2)));
  REQUIRE(store.add(kStart + minutes(40), hash, node_endpoint(1)));
  CHECK(stored(store, kStart + minutes(44), hash) == 2);
  CHECK(stored(store, kStart + minutes(45), hash) == 1);
  CHECK(stored(store, kStart + minutes(84), hash) == 1);
  CHECK(stored(store, kStart + minutes(85), hash) == 0);
  CHECK(store.hash_count() == 0);
  CHECK(stored(store, kStart, hash_of(2)) == 0);
}

TEST_CASE("peer store: a full list loses the peer that expires first") {
  PeerStore store{Limits()};
  const InfoHash hash = hash_of(1);
  for (std::uint32_t i = 0; i < 101; ++i) {
    REQUIRE(store.add(kStart + seconds(i), hash, node_endpoint(i)));
  }
  SeededRng rng(1);
  const auto all = store.sample(kStart + seconds(101), hash, 1000, rng);
  CHECK(all.size() == 100);
  CHECK(std::count(all.begin(), all.end(), node_endpoint(0)) == 0);
  CHECK(std::count(all.begin(), all.end(), node_endpoint(100)) == 1);
}

TEST_CASE("peer store: what gave way no longer counts against its address") {
  Limits limits;
  limits.peers_per_hash = 1;
  limits.entries_per_address = 1;
  PeerStore store(limits);
  REQUIRE(store.add(kStart, hash_of(1), node_endpoint(1)));
  CHECK_FALSE(store.add(kStart, hash_of(2), node_endpoint(1)));
  REQUIRE(store.add(kStart, hash_of(1), node_endpoint(2)));
  CHECK(store.add(kStart, hash_of(2), node_endpoint(1)));
}

TEST_CASE("peer store: samples are random and without repetition") {
  PeerStore store{Limits()};
  for (std::uint32_t i = 0; i < 100; ++i) store.add(kStart, hash_of(1), node_endpoint(i));
  SeededRng rng(1);
  std::set<Endpoint> seen;
  for (int i = 0; i < 40; ++i) {
    const auto sample = store.sample(kStart, hash_of(1), 20, rng);
    REQUIRE(std::set<Endpoint>(sample.begin(), sample.end()).size() == 20);
    seen.insert(sample.begin(), sample.end());
  }
  CHECK(seen.size() == 100);
}

TEST_CASE("peer store: hashes are bounded, in all and for each address") {
  PeerStore store{Limits()};
  const auto hash = [](std::uint32_t n) { return hash_of(static_cast<std::uint16_t>(n)); };
  for (std::uint32_t i = 0; i < 200; ++i) REQUIRE(store.add(kStart, hash(i), node_endpoint(0)));
  CHECK_FALSE(store.add(kStart, hash(200), node_endpoint(0)));
  CHECK_FALSE(store.has_room(kStart, hash(200), node_endpoint(0).address));
  for (std::uint32_t i = 200; i < 2000; ++i) {
    REQUIRE(store.add(kStart, hash(i), node_endpoint(i / 200)));
  }
  CHECK(store.hash_count() == 2000);
  CHECK_FALSE(store.has_room(kStart, hash(2000), node_endpoint(99).address));
  CHECK_FALSE(store.add(kStart, hash(2000), node_endpoint(99)));
  CHECK(store.add(kStart, hash(1999), node_endpoint(99)));
  // Renewing needs no room.
  CHECK(store.add(kStart, hash(0), node_endpoint(0)));
  // Time makes room again.
  CHECK(store.add(kStart + minutes(45), hash(2000), node_endpoint(0)));
  CHECK(store.hash_count() == 1);
}
