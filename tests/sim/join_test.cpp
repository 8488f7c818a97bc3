// SPDX-License-Identifier: Apache-2.0
// How machines that know nothing of each other but a token come together.
#include <algorithm>

#include <doctest/doctest.h>

#include "tests/sim/story.h"

namespace lanyard::sim {
namespace {

// Good enough weather for deadlines to be tight.
constexpr Weather kFair{.latency = milliseconds(20), .jitter = milliseconds(5)};
constexpr Weather kFoul{
    .loss = 50'000, .duplication = 20'000, .latency = milliseconds(20), .jitter = milliseconds(40)};

TEST_CASE("two nodes on a LAN find each other without any DHT") {
  World world(1);
  const SiteId home = world.internet().add_home();
  Host& alice = world.add_host("alice", home);
  Host& bob = world.add_host("bob", home);
  alice.power_on();
  bob.power_on();
  create(world, alice, "lab");
  const std::string token = invite(world, alice, "lab", 1);
  REQUIRE(join(world, bob, "lab", token, seconds(3)));
  CHECK(reach_each_other(world, alice, bob, "lab", seconds(2)));
  const auto seen = member(world, alice, "lab", "bob");
  REQUIRE(seen);
  CHECK(seen->online);
  CHECK(seen->path == control::PathKind::lan);
}

// Two homes, each behind a NAT, that only the rendezvous in the DHT can bring together.
struct TwoHomes {
  World world;
  Host& alice;
  Host& bob;

  TwoHomes(std::uint64_t seed, const Weather& weather)
      : world(seed), alice(add_home("alice")), bob(add_home("bob")) {
    world.internet().set_weather(weather);
    world.internet().make_dht_strangers(world.internet().site_of(alice.id()),
                                        world.internet().site_of(bob.id()));
    alice.power_on();
    bob.power_on();
    create(world, alice, "lab");
    world.run_for(seconds(2));
  }

  Host& add_home(const std::string& name) {
    if (world.hosts().empty()) {
      for (const char* beacon : {"beacon1", "beacon2", "beacon3"}) world.add_beacon(beacon);
    }
    return world.add_host(name, world.internet().add_home());
  }
};

TEST_CASE("two nodes behind two NATs meet by the DHT alone") {
  std::int64_t longest = 0;
  for (std::uint64_t seed = 100; seed < 120; ++seed) {
    CAPTURE(seed);
    TwoHomes homes(seed, kFair);
    const std::string token = invite(homes.world, homes.alice, "lab", 1);
    // Whatever the inviter does from time to time, the joiner comes at any moment of it.
    homes.world.run_for(milliseconds(static_cast<std::int64_t>(homes.world.rng().below(60'000))));
    const Instant begin = homes.world.now();
    REQUIRE(join(homes.world, homes.bob, "lab", token, seconds(30)));
    CHECK(reach_each_other(homes.world, homes.alice, homes.bob, "lab", seconds(10)));
    longest = std::max(longest, (homes.world.now() - begin).milliseconds());
    const auto seen = member(homes.world, homes.bob, "lab", "alice");
    REQUIRE(seen);
    CHECK(seen->path == control::PathKind::direct);
  }
  MESSAGE("the longest took ", longest, " ms");
  CHECK(longest <= 10'000);
}

TEST_CASE("foul weather slows a join down, no more") {
  for (const std::uint64_t seed : {7U, 8U, 9U}) {
    CAPTURE(seed);
    TwoHomes homes(seed, kFoul);
    const std::string token = invite(homes.world, homes.alice, "lab", 1);
    REQUIRE(join(homes.world, homes.bob, "lab", token, seconds(40)));
    CHECK(reach_each_other(homes.world, homes.alice, homes.bob, "lab", seconds(20)));
  }
}

TEST_CASE("any member admits, also while the inviter is off") {
  World world(10);
  world.internet().set_weather(kFair);
  world.add_beacon("beacon");
  Host& alice = world.add_host("alice", world.internet().add_home());
  Host& bob = world.add_host("bob", world.internet().add_home());
  Host& carol = world.add_host("carol", world.internet().add_home());
  for (Host* host : {&alice, &bob, &carol}) host->power_on();
  create(world, alice, "lab");
  const std::string token = invite(world, alice, "lab", 2);
  REQUIRE(join(world, bob, "lab", token, seconds(10)));
  REQUIRE(reach_each_other(world, alice, bob, "lab", seconds(10)));
  alice.pull_the_plug();
  REQUIRE(join(world, carol, "lab", token, seconds(20)));
  CHECK(reach_each_other(world, bob, carol, "lab", seconds(10)));
  // Back again, the inviter learns of the one that it never met.
  alice.power_on();
  CHECK(reach_each_other(world, alice, carol, "lab", seconds(20)));
}

TEST_CASE("a one-use token admits one") {
  World world(11);
  const SiteId home = world.internet().add_home();
  Host& alice = world.add_host("alice", home);
  Host& bob = world.add_host("bob", home);
  Host& carol = world.add_host("carol", home);
  for (Host* host : {&alice, &bob, &carol}) host->power_on();
  create(world, alice, "lab");
  const std::string token = invite(world, alice, "lab", 1);
  REQUIRE(join(world, bob, "lab", token, seconds(3)));
  world.run_for(seconds(1));
  const auto second = join(world, carol, "lab", token, seconds(10));
  REQUIRE_FALSE(second);
  CHECK(second.error().code == Errc::used_up);
  CHECK(carol.device("lab") == nullptr);
  CHECK_FALSE(member(world, alice, "lab", "carol"));
}

TEST_CASE("a revoked invite admits nobody, whoever is asked") {
  World world(12);
  const SiteId home = world.internet().add_home();
  Host& alice = world.add_host("alice", home);
  Host& bob = world.add_host("bob", home);
  Host& carol = world.add_host("carol", home);
  for (Host* host : {&alice, &bob, &carol}) host->power_on();
  create(world, alice, "lab");
  REQUIRE(join(world, bob, "lab", invite(world, alice, "lab", 1), seconds(3)));
  control::CreateInvite request;
  request.network = "lab";
  const auto made = world.ask(alice, request, seconds(1));
  REQUIRE(made);
  const auto& open = std::get<control::InviteReply>(*made);
  REQUIRE(world.ask(alice, control::RevokeInvite{"lab", open.id}, seconds(1)));
  world.run_for(seconds(1));
  alice.pull_the_plug();
  const auto refused = join(world, carol, "lab", open.token, seconds(10));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == Errc::revoked);
}

TEST_CASE("a token claimed on both sides of a partition admits the earlier alone") {
  World world(13);
  world.internet().set_weather(kFair);
  world.add_beacon("beacon");
  const SiteId east = world.internet().add_home();
  const SiteId west = world.internet().add_home();
  Host& alice = world.add_host("alice", east);
  Host& bob = world.add_host("bob", west);
  Host& early = world.add_host("early", east);
  Host& late = world.add_host("late", west);
  for (Host* host : {&alice, &bob, &early, &late}) host->power_on();
  create(world, alice, "lab");
  REQUIRE(join(world, bob, "lab", invite(world, alice, "lab", 1), seconds(10)));
  const std::string token = invite(world, alice, "lab", 1);
  REQUIRE(reach_each_other(world, alice, bob, "lab", seconds(10)));
  world.run_for(seconds(3));

  world.internet().put_on_island(west, 1);
  REQUIRE(join(world, early, "lab", token, seconds(10)));
  world.run_for(seconds(5));
  REQUIRE(join(world, late, "lab", token, seconds(10)));
  CHECK(reach_each_other(world, bob, late, "lab", seconds(5)));

  world.internet().put_on_island(west, 0);
  CHECK(reach_each_other(world, bob, early, "lab", seconds(120)));
  CHECK(world.run_until(seconds(30), [&] {
    return !member(world, bob, "lab", "late") && !member(world, alice, "lab", "late");
  }));
  CHECK_FALSE(reaches(world, bob, late, "lab", seconds(5)));
}

}  // namespace
}  // namespace lanyard::sim
