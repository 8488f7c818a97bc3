// SPDX-License-Identifier: Apache-2.0
#include "core/node/rendezvous.h"

#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "tests/unit/node/turn_fixture.h"

namespace lanyard::node::test {

namespace {

constexpr std::int64_t kHour = 3600;
constexpr UnixTime kOnTheHour{500'000 * kHour};

// A rendezvous whose DHT ends every lookup at once, with the outcome that the test wants.
struct Meeter : TurnFixture {
  using Hashes = std::vector<dht::InfoHash>;

  dht::InfoHash hash(std::int64_t hours_later) const {
    return {
        keys.rendezvous(network::RendezvousHour::of({kOnTheHour.seconds + hours_later * kHour}))};
  }

  // One tick; what was looked up or announced.
  Hashes tick(Duration look_every = {}) {
    Turn turn = this->turn();
    turn.wall = wall;
    rendezvous.tick(turn, keys, look_every);
    Hashes looked_up;
    for (const dht::Event& event : std::exchange(dht_events, {})) {
      dht::LookupDone done = std::get<dht::LookupDone>(event);
      looked_up.push_back(done.info_hash);
      done.answered = answered;
      done.stored_at = stored_at;
      rendezvous.lookup_done(turn, done);
    }
    return looked_up;
  }
  // Seconds of quiet until something is looked up again.
  std::int64_t seconds_to_next(Duration look_every = {}) {
    for (std::int64_t waited = 1; waited < 2 * kHour; ++waited) {
      pass(seconds(1));
      if (!tick(look_every).empty()) return waited;
    }
    return 0;
  }
  void pass(Duration time) {
    now = now + time;
    wall.seconds += time.seconds();
  }

  std::size_t answered = 20;
  std::size_t stored_at = 8;
  UnixTime wall = kOnTheHour;
  network::AccessKeys keys{network::NetworkSecret::random(rng), network::Scope::member};
  Rendezvous rendezvous;
};

}  // namespace

TEST_CASE("rendezvous: announces for this hour and the next, at once and every 12 min or so") {
  Meeter anna;
  CHECK(anna.tick() == Meeter::Hashes{anna.hash(0), anna.hash(1)});
  CHECK(anna.rendezvous.owns(anna.hash(0)));
  CHECK(anna.rendezvous.owns(anna.hash(1)));
  CHECK_FALSE(anna.rendezvous.owns(anna.hash(2)));
  for (int i = 0; i < 3; ++i) {
    const std::int64_t waited = anna.seconds_to_next();
    CHECK(waited >= 576);
    CHECK(waited <= 865);
  }
  anna.rendezvous.renew();
  CHECK(anna.tick().size() == 2);
}

TEST_CASE("rendezvous: at the turn of the hour nobody hurries, and nothing is missed") {
  Meeter anna;
  anna.wall.seconds += kHour - 60;
  CHECK(anna.tick() == Meeter::Hashes{anna.hash(0), anna.hash(1)});
  anna.pass(seconds(60));
  CHECK(anna.tick().empty());
  CHECK_FALSE(anna.rendezvous.owns(anna.hash(0)));
  CHECK(anna.rendezvous.owns(anna.hash(1)));  // was announced as the next one
  CHECK(anna.rendezvous.owns(anna.hash(2)));
  anna.pass(minutes(15));
  CHECK(anna.tick() == Meeter::Hashes{anna.hash(1), anna.hash(2)});

  anna.pass(hours(5));  // asleep, or the clock was set
  CHECK(anna.tick() == Meeter::Hashes{anna.hash(6), anna.hash(7)});
}

TEST_CASE("rendezvous: looks as often as it is told, near the turn for the next hour too") {
  Meeter anna;
  anna.tick();
  CHECK(anna.seconds_to_next(seconds(3)) == 3);
  CHECK(anna.seconds_to_next(seconds(7)) == 7);
  anna.wall.seconds = kOnTheHour.seconds + 3290;
  anna.pass(seconds(3));
  CHECK(anna.tick(seconds(3)) == Meeter::Hashes{anna.hash(0)});
  anna.pass(seconds(7));
  CHECK(anna.tick(seconds(3)) == Meeter::Hashes{anna.hash(0), anna.hash(1)});
}

TEST_CASE("rendezvous: an announcement that nobody takes is repeated, ever more seldom") {
  Meeter anna;
  anna.stored_at = 0;
  anna.tick();
  for (const std::int64_t pause : {5, 10, 20, 40, 80, 160, 320}) {
    CHECK(anna.seconds_to_next() == pause);
  }
  anna.stored_at = 1;
  anna.seconds_to_next();
  CHECK(anna.seconds_to_next() >= 576);
  anna.stored_at = 0;
  anna.seconds_to_next();
  CHECK(anna.seconds_to_next() == 5);
}

TEST_CASE("rendezvous: without a node of the DHT nothing is sent, so that it can be ready") {
  Meeter anna;
  anna.stored_at = 0;
  anna.answered = 0;
  anna.tick();
  for (int i = 0; i < 20; ++i) CHECK(anna.seconds_to_next() == 5);
}

TEST_CASE("rendezvous: not where the DHT is off") {
  Meeter anna;
  anna.settings.dht_mode = DhtMode::off;
  CHECK(anna.tick(seconds(1)).empty());
  CHECK_FALSE(anna.rendezvous.owns(anna.hash(0)));
}

}  // namespace lanyard::node::test
