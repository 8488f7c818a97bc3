// SPDX-License-Identifier: Apache-2.0
#include "core/node/own_whereabouts.h"

#include <vector>

#include <doctest/doctest.h>

#include "tests/unit/node/turn_fixture.h"

namespace lanyard::node::test {

namespace {

constexpr UnixTime kOnTheHour{1'800'000'000};

struct Teller : TurnFixture {
  network::RendezvousHour hour(int later) const {
    return {500'000 + static_cast<std::uint64_t>(later)};
  }
  void tick() {
    Turn turn = this->turn();
    turn.wall = wall;
    const auto presence = network::Presence::make(
        {.identity = {}, .endpoints = endpoints, .name = "anna", .sequence = presence_sequence},
        identity);
    whereabouts.tick(turn, keys, presence);
  }
  void pass(Duration time) {
    now = now + time;
    wall.seconds += time.seconds();
  }
  // Of the hours from now on, those that something is kept for.
  std::vector<int> told() {
    std::vector<int> hours;
    for (int later = -1; later < 9; ++later) {
      if (whereabouts.item_found(version(later, 0))) hours.push_back(later);
    }
    return hours;
  }
  dht::ItemFound version(int later, std::int64_t sequence) const {
    const auto key = network::whereabouts_key(keys, hour(later), member);
    const auto item = dht::sign_item(key, {}, sequence, as_bytes("0:"));
    return {.lookup = {}, .target = item->target(), .item = *item};
  }

  UnixTime wall = kOnTheHour;
  network::AccessKeys keys{network::NetworkSecret::random(rng), network::Scope::member};
  crypto::IdentityKey identity = crypto::IdentityKey::generate(rng);
  network::MemberId member = network::member_id(identity.public_key());
  std::int64_t presence_sequence = 1;
  std::vector<Endpoint> endpoints{*Endpoint::parse("192.0.2.7:4001")};
  OwnWhereabouts whereabouts;
};

using Hours = std::vector<int>;

}  // namespace

TEST_CASE("own whereabouts: told for this hour and the next, once addresses have settled") {
  Teller anna;
  anna.tick();
  CHECK(anna.told().empty());
  anna.pass(seconds(2));
  anna.endpoints.push_back(*Endpoint::parse("203.0.113.7:4001"));
  ++anna.presence_sequence;
  anna.tick();
  CHECK(anna.told().empty());
  anna.pass(seconds(2));  // what changes on and on is told all the same
  anna.tick();
  CHECK(anna.told() == Hours{0, 1});
}

TEST_CASE(
    "own whereabouts: the hour that comes was told before, the one that has gone is dropped") {
  Teller anna;
  anna.tick();
  anna.pass(minutes(59));
  anna.tick();
  CHECK(anna.told() == Hours{0, 1});
  anna.pass(minutes(1));
  anna.tick();
  CHECK(anna.told() == Hours{1, 2});
  anna.pass(hours(5));  // asleep
  anna.tick();
  anna.pass(seconds(4));
  anna.tick();
  CHECK(anna.told() == Hours{6, 7});
  Turn turn = anna.turn();
  anna.whereabouts.stop(turn);
  CHECK(anna.told().empty());
}

TEST_CASE("own whereabouts: a newer version is outdone, to the last one") {
  Teller anna;
  anna.tick();
  anna.pass(seconds(4));
  anna.tick();
  constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
  for (const std::int64_t sequence : {kOnTheHour.seconds * 2000, kMost, kMost}) {
    CHECK(anna.whereabouts.item_found(anna.version(0, sequence)));
    anna.tick();
    CHECK(anna.told() == Hours{0, 1});
  }
}

TEST_CASE("own whereabouts: nothing where there is nothing to tell, or no DHT") {
  Teller anna;
  anna.settings.dht_mode = DhtMode::off;
  anna.tick();
  anna.pass(seconds(10));
  anna.tick();
  CHECK(anna.told().empty());
  Teller bob;
  bob.endpoints.clear();
  bob.tick();
  bob.pass(seconds(10));
  bob.tick();
  CHECK(bob.told().empty());
}

}  // namespace lanyard::node::test
