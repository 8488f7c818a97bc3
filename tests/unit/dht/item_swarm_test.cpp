// SPDX-License-Identifier: Apache-2.0
// Items put, found, changed and kept among whole DHT nodes in virtual time.
#include <algorithm>

#include <doctest/doctest.h>

#include "tests/unit/dht/items.h"
#include "tests/unit/dht/points.h"
#include "tests/unit/dht/swarm.h"

using namespace lanyard;
using namespace lanyard::dht;

namespace {

LookupId put(Swarm& swarm,
             std::size_t node,
             const Item& item,
             std::optional<std::int64_t> replaces = std::nullopt) {
  return swarm.call(node, [&](Dht& dht, Datagrams& out, Events& events) {
    return dht.put_item(swarm.now(), item, replaces, out, events);
  });
}

LookupId keep(Swarm& swarm, std::size_t node, const Item& item) {
  return swarm.call(node, [&](Dht& dht, Datagrams& out, Events& events) {
    return dht.keep_item(swarm.now(), item, out, events);
  });
}

LookupId get(Swarm& swarm,
             std::size_t node,
             const MutableItem& like,
             std::optional<std::int64_t> known = std::nullopt) {
  return swarm.call(node, [&](Dht& dht, Datagrams& out, Events& events) {
    return dht.get_item(swarm.now(), like.key, like.salt, known, out, events);
  });
}

LookupId get(Swarm& swarm, std::size_t node, const ItemTarget& target) {
  return swarm.call(node, [&](Dht& dht, Datagrams& out, Events& events) {
    return dht.get_item(swarm.now(), target, out, events);
  });
}

std::vector<Item> found(const Swarm& swarm, std::size_t node, LookupId lookup) {
  std::vector<Item> out;
  for (const Event& event : swarm.events(node)) {
    const auto* one = std::get_if<ItemFound>(&event);
    if (one != nullptr && one->lookup == lookup) out.push_back(one->item);
  }
  return out;
}

// The newest, once the lookup is done.
std::optional<Item> find(Swarm& swarm, std::size_t node, const MutableItem& like) {
  const LookupId lookup = get(swarm, node, like);
  swarm.run_for(seconds(10));
  const auto items = found(swarm, node, lookup);
  if (items.empty()) return std::nullopt;
  return items.back();
}

std::vector<ItemDone> all_done(const Swarm& swarm, std::size_t node, LookupId lookup) {
  std::vector<ItemDone> out;
  for (const Event& event : swarm.events(node)) {
    const auto* done = std::get_if<ItemDone>(&event);
    if (done != nullptr && done->lookup == lookup) out.push_back(*done);
  }
  return out;
}

ItemDone done(Swarm& swarm, std::size_t node, LookupId lookup) {
  swarm.run_for(seconds(10));
  const auto all = all_done(swarm, node, lookup);
  REQUIRE(all.size() == 1);
  return all[0];
}

void grow(Swarm& swarm, std::size_t nodes) {
  swarm.add({});
  for (std::size_t n = 1; n < nodes; ++n) {
    swarm.add({0});
    swarm.run_for(milliseconds(100));
  }
  swarm.run_for(seconds(20));
}

}  // namespace

TEST_CASE("items: put by one of twenty nodes, read by all others") {
  Swarm swarm(1);
  grow(swarm, 20);
  const MutableItem item = version(1, 5, "value", "salt");
  const LookupId by_put = put(swarm, 3, item);
  const ItemDone put_done = done(swarm, 3, by_put);
  CHECK(put_done.target == item.target());
  CHECK(put_done.stored_at >= 7);  // one of the eight may be the very node
  CHECK(put_done.stored_at <= 8);
  CHECK(put_done.conflict == Conflict::none);
  CHECK(found(swarm, 3, by_put).empty());

  std::vector<LookupId> lookups;
  for (std::size_t n = 0; n < 20; ++n) lookups.push_back(get(swarm, n, item));
  swarm.run_for(seconds(10));
  for (std::size_t n = 0; n < 20; ++n) {
    CAPTURE(n);
    CHECK(found(swarm, n, lookups[n]) == std::vector<Item>{item});
    CHECK(all_done(swarm, n, lookups[n]).size() == 1);
  }
  CHECK_FALSE(find(swarm, 7, version(1, 5, "value", "other salt")));
  CHECK_FALSE(find(swarm, 7, version(2, 5, "value", "salt")));
  // Who has it already is told nothing.
  const LookupId known = get(swarm, 9, item, 5);
  CHECK(done(swarm, 9, known).answered >= 8);
  CHECK(found(swarm, 9, known).empty());
}

TEST_CASE("items: an immutable one is found by its hash, once, and quickly") {
  Swarm swarm(2);
  grow(swarm, 20);
  const ImmutableItem item = immutable("for ever");
  CHECK(done(swarm, 3, put(swarm, 3, item)).stored_at >= 7);
  const LookupId lookup = get(swarm, 11, item.target());
  CHECK(swarm.run_until(milliseconds(500), [&] { return !all_done(swarm, 11, lookup).empty(); }));
  CHECK(found(swarm, 11, lookup) == std::vector<Item>{item});
  const LookupId missing = get(swarm, 11, immutable("never put").target());
  CHECK(done(swarm, 11, missing).answered >= 8);
  CHECK(found(swarm, 11, missing).empty());
}

TEST_CASE("items: an update takes the old one's place, a stale put does not and is told why") {
  Swarm swarm(3);
  grow(swarm, 20);
  const MutableItem first = version(1, 5, "first");
  const MutableItem second = version(1, 6, "second");
  put(swarm, 3, first);
  swarm.run_for(seconds(5));
  CHECK(done(swarm, 4, put(swarm, 4, second)).stored_at >= 7);
  CHECK(find(swarm, 12, first) == Item(second));

  const LookupId stale = put(swarm, 5, first);
  const ItemDone refused = done(swarm, 5, stale);
  CHECK(refused.stored_at == 0);
  CHECK(refused.conflict == Conflict::newer);
  CHECK(found(swarm, 5, stale) == std::vector<Item>{second});
  // Another value of the same sequence: none takes it of those that have the first.
  const ItemDone twin = done(swarm, 6, put(swarm, 6, version(1, 6, "twin")));
  CHECK(twin.stored_at <= 1);
  CHECK(twin.conflict == Conflict::newer);
  CHECK(find(swarm, 13, first) == Item(second));
}

TEST_CASE("items: cas replaces just the version that it names") {
  Swarm swarm(4);
  grow(swarm, 20);
  // Nothing there yet: cas is not sent.
  CHECK(done(swarm, 3, put(swarm, 3, version(1, 5, "first"), 77)).stored_at >= 7);
  const ItemDone refused = done(swarm, 4, put(swarm, 4, version(1, 7, "other"), 4));
  CHECK(refused.stored_at == 0);
  CHECK(refused.conflict == Conflict::other_version);
  CHECK(find(swarm, 12, version(1, 1, "")) == Item(version(1, 5, "first")));
  CHECK(done(swarm, 4, put(swarm, 4, version(1, 7, "other"), 5)).stored_at >= 7);
  CHECK(find(swarm, 12, version(1, 1, "")) == Item(version(1, 7, "other")));
}

TEST_CASE("items: forgotten two hours after the last put, kept ones never") {
  Swarm swarm(5);
  grow(swarm, 9);
  const MutableItem once = version(1, 1, "once");
  const MutableItem always = version(2, 1, "always");
  put(swarm, 3, once);
  const LookupId kept = keep(swarm, 4, always);
  swarm.run_for(minutes(115));
  CHECK(find(swarm, 7, once) == Item(once));
  swarm.run_for(minutes(10));
  CHECK_FALSE(find(swarm, 7, once));
  swarm.run_for(minutes(150));
  CHECK(find(swarm, 7, always) == Item(always));
  const auto all = all_done(swarm, 4, kept);
  CHECK(all.size() >= 5);
  CHECK(all.size() <= 9);
  CHECK(std::all_of(all.begin(), all.end(), [](const ItemDone& d) { return d.stored_at >= 7; }));

  swarm.call(4, [&](Dht& dht, Datagrams&, Events&) { dht.release_item(always.target()); });
  swarm.run_for(hours(2));
  CHECK_FALSE(find(swarm, 7, always));
  CHECK(all_done(swarm, 4, kept).size() == all.size());
}

TEST_CASE("items: a kept one is replaced at once, but not more often than once a minute") {
  Swarm swarm(6);
  grow(swarm, 20);
  const LookupId kept = keep(swarm, 4, version(1, 1, "a"));
  swarm.run_for(seconds(70));
  CHECK(keep(swarm, 4, version(1, 2, "b")) == kept);
  swarm.run_for(seconds(5));
  CHECK(find(swarm, 12, version(1, 1, "")) == Item(version(1, 2, "b")));
  for (int i = 3; i < 30; ++i) {
    keep(swarm, 4, version(1, i, "c"));
    swarm.run_for(seconds(1));
  }
  CHECK(all_done(swarm, 4, kept).size() == 2);
  swarm.run_for(seconds(30));
  CHECK(all_done(swarm, 4, kept).size() == 3);
  CHECK(find(swarm, 12, version(1, 1, "")) == Item(version(1, 29, "c")));
}

TEST_CASE("items: kept before there is any node, stored when there is one") {
  Swarm swarm(7);
  swarm.add({});
  const std::size_t lonely = swarm.add({0});
  swarm.kill(0);
  const LookupId kept = keep(swarm, lonely, version(1, 1, "a"));
  swarm.run_for(minutes(2));
  REQUIRE_FALSE(all_done(swarm, lonely, kept).empty());
  CHECK(all_done(swarm, lonely, kept)[0].answered == 0);
  swarm.revive(0);
  swarm.run_for(minutes(6));
  CHECK(all_done(swarm, lonely, kept).back().stored_at == 1);
}

TEST_CASE("items: with a third of the nodes that take none, eight others are found") {
  Swarm swarm(8);
  grow(swarm, 45);
  for (std::size_t n = 0; n < 45; n += 3) swarm.take_no_items(n);
  for (std::uint8_t n = 1; n <= 5; ++n) {
    CAPTURE(n);
    const MutableItem item = version(n, 1, "value");
    const std::size_t putter = n * 3u + 1;
    CHECK(done(swarm, putter, put(swarm, putter, item)).stored_at >= 7);
    CHECK(find(swarm, 44, item) == Item(item));
    CHECK(find(swarm, n * 3u, item) == Item(item));
  }
}

TEST_CASE("items: found when some of those that stored them are dead, and with loss") {
  Swarm swarm(9, 5);
  grow(swarm, 60);
  const MutableItem item = version(1, 1, "value");
  put(swarm, 1, item);
  swarm.run_for(seconds(20));
  for (std::size_t n = 2; n < 60; n += 3) swarm.kill(n);
  for (const std::size_t n : {3u, 13u, 31u, 43u}) {
    CAPTURE(n);
    CHECK(find(swarm, n, item) == Item(item));
  }
}

TEST_CASE("items: behind NATs that let nobody in, whoever can be reached stores them") {
  Swarm swarm(10);
  swarm.add({});
  for (int n = 0; n < 10; ++n) {
    swarm.add({0});
    swarm.hide(swarm.size() - 1);
  }
  swarm.run_for(seconds(60));
  const MutableItem item = version(1, 1, "value");
  CHECK(done(swarm, 3, put(swarm, 3, item)).stored_at == 1);
  CHECK(find(swarm, 4, item) == Item(item));
}

TEST_CASE("items: with the DHT off, nothing is kept and nothing sent") {
  SeededRng rng(1);
  Settings settings;
  settings.mode = Mode::off;
  Dht dht(settings, rng);
  Datagrams out;
  Events events;
  dht.start(kStart, 4000, {.v4 = true, .v6 = true}, out);
  dht.keep_item(kStart, version(1, 1, "a"), out, events);
  dht.put_item(kStart, version(1, 1, "a"), std::nullopt, out, events);
  dht.get_item(kStart, immutable("a").target(), out, events);
  CHECK(events.size() == 3);
  for (const Event& event : events) CHECK(std::get_if<ItemDone>(&event)->answered == 0);
  CHECK(out.empty());
  CHECK(dht.next_timeout() == Instant::never());
}
