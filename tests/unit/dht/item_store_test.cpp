// SPDX-License-Identifier: Apache-2.0
#include "core/dht/item_store.h"

#include <algorithm>
#include <vector>

#include <doctest/doctest.h>

#include "tests/unit/dht/items.h"
#include "tests/unit/dht/points.h"

using namespace lanyard;
using namespace lanyard::dht;

namespace {

const IpAddress kFrom = address_of("30.0.1.2");
const NodeId kOwn = id_of(0x8000);

IpAddress other(std::uint32_t n) { return node_endpoint(n).address; }

}  // namespace

TEST_CASE("item store: kept for two hours after the last put") {
  ItemStore store({}, kOwn);
  const Item item = version(1, 1, "a");
  CHECK(store.add(kStart, kFrom, item));
  const ItemTarget target = target_of(item);
  REQUIRE(store.find(kStart + minutes(119), target) != nullptr);
  CHECK(*store.find(kStart + minutes(119), target) == item);
  CHECK(store.find(kStart + hours(2), target) == nullptr);
  CHECK(store.add(kStart + minutes(60), kFrom, item));
  CHECK(store.find(kStart + minutes(179), target) != nullptr);
  CHECK(store.find(kStart + minutes(180), target) == nullptr);
  CHECK(store.size() == 1);
}

TEST_CASE("item store: never back, one value for a sequence, cas against what is there") {
  ItemStore store({}, kOwn);
  const auto refusal = [&](const MutableItem& item, std::optional<std::int64_t> replaces = {}) {
    return store.refusal(kStart, item, replaces);
  };
  CHECK_FALSE(refusal(version(1, 5, "a"), 77));  // nothing there: cas is ignored
  REQUIRE(store.add(kStart, kFrom, version(1, 5, "a")));
  CHECK(refusal(version(1, 4, "b")) == ErrorCode::old_sequence);
  CHECK(refusal(version(1, 5, "b")) == ErrorCode::old_sequence);
  CHECK_FALSE(refusal(version(1, 5, "a")));
  CHECK_FALSE(refusal(version(1, 6, "b")));
  CHECK_FALSE(refusal(version(1, 6, "b"), 5));
  CHECK(refusal(version(1, 6, "b"), 4) == ErrorCode::cas_mismatch);
  CHECK(refusal(version(1, 4, "b"), 4) == ErrorCode::cas_mismatch);
  CHECK(refusal(version(1, 4, "b"), 5) == ErrorCode::old_sequence);
  // Another salt or key is another item.
  CHECK_FALSE(refusal(version(1, 1, "b", "salt"), 7));
  CHECK_FALSE(refusal(version(2, 1, "b"), 7));
  // What has expired is not there.
  CHECK_FALSE(store.refusal(kStart + hours(2), version(1, 4, "b"), 4));

  CHECK(store.holds(kStart, version(1, 5, "a")));
  MutableItem forged = version(1, 5, "a");
  forged.signature[3] = static_cast<std::uint8_t>(forged.signature[3] ^ 1);
  CHECK_FALSE(store.holds(kStart, forged));
  CHECK_FALSE(store.holds(kStart, version(1, 6, "a")));
}

TEST_CASE("item store: of a full one the farthest gives way to a nearer one") {
  Limits limits;
  limits.stored_items = 20;
  ItemStore store(limits, kOwn);
  std::vector<ItemTarget> targets;
  for (std::uint32_t n = 0; n < 100; ++n) {
    const Item item = immutable(std::to_string(n));
    targets.push_back(target_of(item));
    const bool had_room = store.has_room(kStart, targets.back(), other(n));
    CHECK(store.add(kStart, other(n), item) == had_room);
    CHECK(store.size() <= 20);
  }
  std::sort(targets.begin(), targets.end(), [](const ItemTarget& a, const ItemTarget& b) {
    return is_closer(a.position(), b.position(), kOwn);
  });
  for (std::size_t n = 0; n < targets.size(); ++n) {
    CAPTURE(n);
    CHECK((store.find(kStart, targets[n]) != nullptr) == (n < 20));
  }
  // What has expired gives way to all.
  CHECK_FALSE(store.has_room(kStart, targets[50], other(1)));
  CHECK(store.has_room(kStart + hours(2), targets[50], other(1)));
  CHECK(store.size() == 0);
  CHECK(store.add(kStart + hours(2), other(1), version(1, 1, "a")));
  CHECK(store.size() == 1);
}

TEST_CASE("item store: one address fills a part of it only") {
  Limits limits;
  limits.items_per_address = 3;
  ItemStore store(limits, kOwn);
  for (std::uint8_t n = 1; n <= 3; ++n) REQUIRE(store.add(kStart, kFrom, version(n, 1, "a")));
  CHECK_FALSE(store.add(kStart, kFrom, version(4, 1, "a")));
  CHECK(store.size() == 3);
  // What it has stored it may renew and change.
  CHECK(store.add(kStart, kFrom, version(3, 2, "b")));
  // Somebody else puts one again, which makes room.
  CHECK(store.add(kStart, other(1), version(3, 2, "b")));
  CHECK(store.add(kStart, kFrom, version(4, 1, "a")));
  CHECK_FALSE(store.add(kStart, kFrom, version(5, 1, "a")));
  // Renewed by one that has no room for it, it stays the other's.
  CHECK(store.add(kStart, kFrom, version(3, 2, "b")));
  CHECK(store.add(kStart, other(1), version(6, 1, "a")));
  CHECK(store.add(kStart, other(1), version(7, 1, "a")));
  CHECK_FALSE(store.add(kStart, other(1), version(8, 1, "a")));
  CHECK(store.add(kStart + hours(2), kFrom, version(5, 1, "a")));
}
