// SPDX-License-Identifier: Apache-2.0
// What nodes have of the DHT, and how they come into it.
#include <algorithm>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "tests/sim/story.h"

namespace lanyard::sim {
namespace {

constexpr Weather kFair{.latency = milliseconds(20), .jitter = milliseconds(5)};

control::Status status(World& world, Host& host) {
  const auto reply = world.ask(host, control::GetStatus{}, seconds(1));
  REQUIRE(reply);
  return std::get<control::Status>(*reply);
}

TEST_CASE("a restart needs no bootstrap node") {
  for (const bool graceful : {true, false}) {
    CAPTURE(graceful);
    World world(31);
    world.internet().set_weather(kFair);
    Host& beacon = world.add_beacon("beacon");
    Host& alice = world.add_host("alice", world.internet().add_home());
    for (const char* other : {"bob", "carol"}) world.add_public_host(other).power_on();
    alice.power_on();
    world.run_for(minutes(2));  // the first nodes are saved after one
    const control::DhtStatus before = status(world, alice).dht;
    REQUIRE(before.nodes == 3);
    REQUIRE(before.ipv4);

    graceful ? alice.shut_down() : alice.pull_the_plug();
    beacon.pull_the_plug();
    alice.settings().bootstrap.clear();
    alice.power_on();
    CHECK(alice.refused_files() == 0);
    CHECK(status(world, alice).dht.ipv4->id == before.ipv4->id);
    CHECK(world.run_until(seconds(5), [&] { return status(world, alice).dht.nodes == 2; }));
  }
}

TEST_CASE("a private DHT begins with a single node, and grows by tokens and members") {
  World world(32);
  world.internet().set_weather(kFair);
  Host& alice = world.add_public_host("alice");  // no node before it: nobody has a bootstrap node
  Host& bob = world.add_host("bob", world.internet().add_home());
  Host& carol = world.add_host("carol", world.internet().add_home());
  for (Host* host : {&alice, &bob, &carol}) host->power_on();
  create(world, alice, "lab");
  world.run_for(minutes(1));
  CHECK(status(world, alice).dht.nodes == 0);

  const std::string token = invite(world, alice, "lab", 2);
  REQUIRE(join(world, bob, "lab", token, seconds(10)));
  CHECK(world.run_until(seconds(5), [&] { return status(world, bob).dht.nodes >= 1; }));
  REQUIRE(join(world, carol, "lab", token, seconds(10)));
  CHECK(reach_each_other(world, bob, carol, "lab", seconds(20)));
}

TEST_CASE("the hour turns while members look for each other, by clocks that differ") {
  for (const std::int64_t ahead : {0, 240, -240}) {
    for (const std::int64_t seconds_before : {70, 3, -2}) {
      CAPTURE(ahead);
      CAPTURE(seconds_before);
      World world(33);
      world.internet().set_weather(kFair);
      for (const char* beacon : {"beacon1", "beacon2", "beacon3"}) world.add_beacon(beacon);
      Host& alice = world.add_host("alice", world.internet().add_home());
      Host& bob = world.add_host("bob", world.internet().add_home());
      world.internet().make_dht_strangers(world.internet().site_of(alice.id()),
                                          world.internet().site_of(bob.id()));
      bob.set_clock_error(seconds(ahead));
      for (Host* host : {&alice, &bob}) host->power_on();
      create(world, alice, "lab");
      REQUIRE(join(world, bob, "lab", invite(world, alice, "lab", 1), seconds(15)));
      REQUIRE(reach_each_other(world, alice, bob, "lab", seconds(10)));

      // Both wake in new places, so that all that they remember is void.
      for (Host* host : {&alice, &bob}) host->pull_the_plug();
      world.run_for(minutes(59) + seconds(60 - seconds_before) - (world.now() - Instant{}));
      for (Host* host : {&alice, &bob}) world.move(*host, world.internet().add_home());
      world.internet().make_dht_strangers(world.internet().site_of(alice.id()),
                                          world.internet().site_of(bob.id()));
      for (Host* host : {&alice, &bob}) host->power_on();
      CHECK(reach_each_other(world, alice, bob, "lab", seconds(20)));
    }
  }
}

// Two members whom nothing is left to find each other by but the DHT.
struct Uprooted {
  World world;
  std::vector<Host*> beacons;
  Host& alice;
  Host& bob;

  explicit Uprooted(std::uint64_t seed)
      : world(seed), alice(add_home("alice")), bob(add_home("bob")) {
    world.internet().set_weather(kFair);
    part();
    for (Host* host : {&alice, &bob}) host->power_on();
    create(world, alice, "lab");
    REQUIRE(join(world, bob, "lab", invite(world, alice, "lab", 1), seconds(15)));
    REQUIRE(reach_each_other(world, alice, bob, "lab", seconds(10)));
    world.run_for(seconds(5));
    for (Host* host : {&alice, &bob}) host->shut_down();
    for (Host* host : {&alice, &bob}) world.move(*host, world.internet().add_home());
    part();
  }

  Host& add_home(const std::string& name) {
    while (beacons.size() < 4) {
      beacons.push_back(&world.add_beacon("beacon" + std::to_string(beacons.size())));
    }
    return world.add_host(name, world.internet().add_home());
  }
  void part() {
    world.internet().make_dht_strangers(world.internet().site_of(alice.id()),
                                        world.internet().site_of(bob.id()));
  }
};

TEST_CASE("members meet by their items alone, where all that is announced is junk") {
  std::int64_t longest = 0;
  for (std::uint64_t seed = 40; seed < 50; ++seed) {
    CAPTURE(seed);
    Uprooted members(seed);
    World& world = members.world;
    world.internet().poison_peers();
    const Instant begin = world.now();
    members.alice.power_on();
    world.run_for(milliseconds(static_cast<std::int64_t>(world.rng().below(20'000))));
    const Instant both = world.now();
    members.bob.power_on();
    CHECK(reach_each_other(world, members.alice, members.bob, "lab", seconds(90)));
    longest = std::max(longest, (world.now() - both).milliseconds());
    // Probes of three datagrams: 16 at once, then one in 2 s, for each of the two.
    const auto seconds_gone = static_cast<std::uint64_t>((world.now() - begin).seconds());
    CHECK(world.internet().wasted_probes() > 0);
    CHECK(world.internet().wasted_probes() <= 2 * 3 * (16 + seconds_gone / 2 + 1));
  }
  MESSAGE("the longest took ", longest, " ms");
}

TEST_CASE("a member that has moved is found by its item an hour later") {
  Uprooted members(51);
  World& world = members.world;
  world.internet().poison_peers();
  members.alice.power_on();
  world.run_for(minutes(62));  // past the turn of the hour, and more than one time to put it again
  members.bob.power_on();
  CHECK(reach_each_other(world, members.alice, members.bob, "lab", minutes(3)));
}

}  // namespace
}  // namespace lanyard::sim
