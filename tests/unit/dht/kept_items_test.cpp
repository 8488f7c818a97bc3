// SPDX-License-Identifier: Apache-2.0
#include "core/dht/kept_items.h"

#include <doctest/doctest.h>

#include "tests/unit/dht/items.h"
#include "tests/unit/dht/points.h"

using namespace lanyard;
using namespace lanyard::dht;

namespace {

struct World {
  SeededRng rng{1};
  KeptItems kept{rng};

  // Puts what is due, which so many nodes take.
  void put(Instant now, std::size_t stored_at, Conflict conflict = Conflict::none) {
    const auto due = kept.take_due(now);
    REQUIRE(due);
    kept.note_done(now, {.lookup = due->lookup,
                         .target = target_of(due->item),
                         .answered = 9,
                         .stored_at = stored_at,
                         .conflict = conflict});
  }
  Duration pause(Instant now) const { return kept.next_timeout() - now; }
};

}  // namespace

TEST_CASE("kept items: put at once, then every 45 min with a fifth of chance") {
  World world;
  CHECK(world.kept.next_timeout() == Instant::never());
  CHECK(world.kept.keep(kStart, version(1, 1, "a"), LookupId{7}) == LookupId{7});
  Instant now = kStart;
  CHECK(world.kept.next_timeout() == now);
  Duration least = hours(1);
  Duration most = {};
  for (int i = 0; i < 200; ++i) {
    world.put(now, 8);
    CHECK_FALSE(world.kept.take_due(now));
    const Duration pause = world.pause(now);
    least = std::min(least, pause);
    most = std::max(most, pause);
    now = world.kept.next_timeout();
  }
  CHECK(least >= minutes(36));
  CHECK(least < minutes(38));
  CHECK(most <= minutes(54));
  CHECK(most > minutes(52));
}

TEST_CASE("kept items: a change is put at once, but 60 s after the last put; none is no change") {
  World world;
  world.kept.keep(kStart, version(1, 1, "a"), LookupId{7});
  world.put(kStart, 8);
  CHECK(world.kept.keep(kStart + seconds(5), version(1, 1, "a"), LookupId{8}) == LookupId{7});
  CHECK(world.pause(kStart) > minutes(30));
  CHECK(world.kept.keep(kStart + seconds(5), version(1, 2, "b"), LookupId{8}) == LookupId{7});
  CHECK(world.pause(kStart) == seconds(60));
  CHECK(world.kept.keep(kStart + seconds(9), version(1, 3, "c"), LookupId{8}) == LookupId{7});
  CHECK(world.pause(kStart) == seconds(60));
  const auto due = world.kept.take_due(kStart + seconds(60));
  REQUIRE(due);
  CHECK(due->item == Item(version(1, 3, "c")));
  // Changed while it is put.
  world.kept.keep(kStart + seconds(61), version(1, 4, "d"), LookupId{8});
  CHECK(world.kept.next_timeout() == Instant::never());
  world.kept.note_done(kStart + seconds(70),
                       {.lookup = LookupId{7}, .target = target_of(due->item), .stored_at = 8});
  CHECK(world.pause(kStart) == seconds(120));
  // Long after the last put: at once.
  world.put(kStart + seconds(120), 8);
  world.kept.keep(kStart + minutes(20), version(1, 5, "e"), LookupId{8});
  CHECK(world.pause(kStart) == minutes(20));
}

TEST_CASE("kept items: what nobody took is tried again soon, what is superseded is not") {
  World world;
  world.kept.keep(kStart, version(1, 1, "a"), LookupId{7});
  Instant now = kStart;
  for (const int minutes_about : {1, 2, 4, 4, 4}) {
    CAPTURE(minutes_about);
    world.put(now, 0);
    CHECK(world.pause(now) >= seconds(minutes_about * 48));
    CHECK(world.pause(now) <= seconds(minutes_about * 72));
    now = world.kept.next_timeout();
  }
  world.put(now, 3);
  CHECK(world.pause(now) >= minutes(36));
  now = world.kept.next_timeout();
  world.put(now, 0, Conflict::newer);
  CHECK(world.pause(now) >= minutes(36));
}

TEST_CASE("kept items: released, and too many") {
  World world;
  const Item item = version(1, 1, "a");
  world.kept.keep(kStart, item, LookupId{7});
  CHECK(world.kept.holds(LookupId{7}));
  CHECK(world.kept.release(target_of(item)) == LookupId{7});
  CHECK_FALSE(world.kept.holds(LookupId{7}));
  CHECK_FALSE(world.kept.release(target_of(item)));
  CHECK(world.kept.next_timeout() == Instant::never());
  for (std::size_t n = 0; n < KeptItems::kMaxItems; ++n) {
    REQUIRE(world.kept.keep(kStart, immutable(std::to_string(n)), LookupId{n + 1}));
  }
  CHECK_FALSE(world.kept.keep(kStart, immutable("one more"), LookupId{999}));
}
