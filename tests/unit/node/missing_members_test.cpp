// SPDX-License-Identifier: Apache-2.0
#include "core/node/missing_members.h"

#include <algorithm>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "tests/unit/node/turn_fixture.h"

namespace lanyard::node::test {

namespace {

constexpr UnixTime kOnTheHour{1'800'000'000};
constexpr network::RendezvousHour kHour{500'000};

// Looks for members by a DHT that ends every lookup at once; the answers are the test's.
struct Seeker : TurnFixture {
  struct Search {
    dht::LookupId lookup{};
    dht::ItemTarget target;
  };

  explicit Seeker(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      identities.push_back(crypto::IdentityKey::generate(rng));
      members.push_back(network::member_id(identities.back().public_key()));
    }
  }

  enum class Lookups : std::uint8_t { end, go_on };
  std::vector<Search> tick(Lookups lookups = Lookups::end) {
    Turn turn = this->turn();
    turn.wall = wall;
    seeker.tick(turn, keys, members);
    std::vector<Search> searches;
    for (const dht::Event& event : std::exchange(dht_events, {})) {
      const auto& done = std::get<dht::ItemDone>(event);
      searches.push_back({done.lookup, done.target});
      if (lookups == Lookups::end) seeker.item_done(done);
    }
    return searches;
  }
  std::size_t searches_within(Duration time) {
    std::size_t count = 0;
    for (std::int64_t s = 0; s < time.seconds(); ++s) {
      pass(seconds(1));
      count += tick().size();
    }
    return count;
  }
  void pass(Duration time) {
    now = now + time;
    wall.seconds += time.seconds();
  }
  crypto::ItemKey key(std::size_t member, network::RendezvousHour hour) const {
    return network::whereabouts_key(keys, hour, members[member]);
  }
  dht::ItemTarget target(std::size_t member, network::RendezvousHour hour) const {
    return dht::ItemTarget::of_key(key(member, hour).public_key(), {});
  }
  // What that member has put, as it comes by this lookup.
  dht::ItemFound found(const Search& search, std::size_t member) {
    const auto presence = network::Presence::make(
        {.identity = {}, .endpoints = endpoints, .name = "member", .sequence = 1000},
        identities[member]);
    const Buffer value = network::seal_whereabouts(keys, kHour, presence, rng);
    const auto item = dht::sign_item(key(member, kHour), {}, 1, value);
    return {.lookup = search.lookup, .target = search.target, .item = *item};
  }

  UnixTime wall = kOnTheHour;
  network::AccessKeys keys{network::NetworkSecret::random(rng), network::Scope::member};
  std::vector<crypto::IdentityKey> identities;
  std::vector<network::MemberId> members;
  std::vector<Endpoint> endpoints{*Endpoint::parse("192.0.2.7:4001")};
  MissingMembers seeker;
};

}  // namespace

TEST_CASE("missing members: asked for under the key of the hour, and near its end of the next") {
  Seeker anna(1);
  CHECK(anna.tick().empty());  // it may come by itself
  anna.pass(seconds(3));
  const auto first = anna.tick();
  REQUIRE(first.size() == 1);
  CHECK(first[0].target == anna.target(0, kHour));
  anna.wall.seconds = kOnTheHour.seconds + 3300;
  anna.pass(seconds(18));
  const auto second = anna.tick();
  REQUIRE(second.size() == 2);
  CHECK(second[0].target == anna.target(0, kHour));
  CHECK(second[1].target == anna.target(0, kHour.next()));
}

TEST_CASE("missing members: what a member tells is believed of the member that was asked for") {
  Seeker anna(2);
  anna.tick();
  anna.pass(seconds(3));
  const auto searches = anna.tick(Seeker::Lookups::go_on);
  REQUIRE(searches.size() == 2);
  const std::size_t first = searches[0].target == anna.target(0, kHour) ? 0 : 1;
  const auto told = anna.seeker.item_found(anna.keys, anna.found(searches[0], first));
  REQUIRE(told);
  CHECK(told->member() == anna.members[first]);
  CHECK(told->terms().endpoints == anna.endpoints);

  // Of another member, or of no lookup of ours.
  CHECK_FALSE(anna.seeker.item_found(anna.keys, anna.found(searches[1], first)));
  CHECK_FALSE(anna.seeker.item_found(
      anna.keys, anna.found({dht::LookupId{1'000'000}, searches[0].target}, first)));
  anna.seeker.item_done({.lookup = searches[0].lookup, .target = searches[0].target});
  CHECK_FALSE(anna.seeker.item_found(anna.keys, anna.found(searches[0], first)));
}

TEST_CASE("missing members: ever more seldom; of few, every two minutes or so") {
  Seeker anna(1);
  const std::size_t at_first = anna.searches_within(minutes(10));
  CHECK(at_first >= 6);
  CHECK(at_first <= 10);
  const std::size_t later = anna.searches_within(minutes(40));
  CHECK(later >= 16);
  CHECK(later <= 25);

  anna.members.clear();  // it is here
  CHECK(anna.searches_within(minutes(10)) == 0);
}

TEST_CASE("missing members: of many no more than one a minute, and all have their turn") {
  Seeker anna(100);
  CHECK(anna.searches_within(seconds(30)) <= 17);
  std::vector<dht::ItemTarget> asked;
  for (int i = 0; i < 53 * 60; ++i) {
    anna.pass(seconds(1));
    for (const auto& search : anna.tick()) asked.push_back(search.target);
  }
  CHECK(asked.size() <= 54);
  CHECK(asked.size() >= 52);
  std::sort(asked.begin(), asked.end());
  const auto distinct = std::unique(asked.begin(), asked.end()) - asked.begin();
  CHECK(distinct >= 40);
}

TEST_CASE("missing members: so many lookups at once, and none without a DHT") {
  Seeker anna(10);
  anna.tick();
  anna.pass(seconds(3));
  CHECK(anna.tick(Seeker::Lookups::go_on).size() == 4);
  CHECK(anna.tick(Seeker::Lookups::go_on).empty());
  Turn turn = anna.turn();
  anna.seeker.stop(turn);
  anna.tick();
  anna.pass(seconds(3));
  CHECK(anna.tick().size() == 4);

  Seeker bob(1);
  bob.settings.dht_mode = DhtMode::off;
  CHECK(bob.searches_within(minutes(2)) == 0);
}

}  // namespace lanyard::node::test
