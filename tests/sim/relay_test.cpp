// SPDX-License-Identifier: Apache-2.0
// Members whose NATs do not open to each other, and who relays between them.
#include <doctest/doctest.h>

#include "tests/sim/story.h"

namespace lanyard::sim {
namespace {

constexpr Weather kFair{.latency = milliseconds(20), .jitter = milliseconds(5)};

// Two behind NATs with a port for each destination, and two that anybody reaches.
struct Lab {
  World world;
  Host& beacon;
  Host& alice;
  Host& bob;
  Host& carol;
  Host& dave;

  explicit Lab(std::uint64_t seed)
      : world(seed),
        beacon(world.add_beacon("beacon")),
        alice(world.add_host("alice", world.internet().add_stubborn_home())),
        bob(world.add_host("bob", world.internet().add_stubborn_home())),
        carol(world.add_public_host("carol")),
        dave(world.add_public_host("dave")) {
    world.internet().set_weather(kFair);
    for (Host* host : {&alice, &bob, &carol}) host->power_on();
    create(world, carol, "lab");
    token = invite(world, carol, "lab", 3);
  }

  void join(Host& host) { REQUIRE(sim::join(world, host, "lab", token, seconds(10))); }
  control::MemberStatus seen(Host& asked, std::string_view name) {
    const auto status = member(world, asked, "lab", name);
    REQUIRE(status);
    return *status;
  }
  SiteId site(const Host& host) { return world.internet().site_of(host.id()); }

  // Probes from alice to bob, 50 ms apart; the longest time in which none came in.
  Duration longest_stall(std::uint64_t first, std::uint64_t count) {
    Instant last = world.now();
    Duration longest{};
    std::size_t before = bob.device("lab")->received.size();
    for (std::uint64_t i = 0; i < count; ++i) {
      alice.send_probe("lab", *bob.device("lab")->address, first + i);
      bob.send_probe("lab", *alice.device("lab")->address, first + i);
      world.run_for(milliseconds(50));
      const std::size_t now = bob.device("lab")->received.size();
      if (now != before) last = world.now();
      before = now;
      longest = std::max(longest, world.now() - last);
    }
    return longest;
  }

  std::string token;
};

TEST_CASE("relay: two stubborn NATs are reached through a third member, at once") {
  for (const std::uint64_t seed : {1, 2, 3, 4, 5}) {
    CAPTURE(seed);
    Lab lab(seed);
    lab.join(lab.alice);
    lab.join(lab.bob);
    const Instant joined = lab.world.now();
    CHECK(reach_each_other(lab.world, lab.alice, lab.bob, "lab", seconds(5)));
    CHECK(lab.world.now() - joined < seconds(2));
    const control::MemberStatus bob = lab.seen(lab.alice, "bob");
    CHECK(bob.path == control::PathKind::relay);
    CHECK(bob.via == "carol");
    CHECK(bob.endpoint == lab.carol.inside_endpoint().to_string());
    // Keys are renewed through it.
    lab.world.run_for(minutes(5));
    CHECK(lab.seen(lab.bob, "alice").path == control::PathKind::relay);
    CHECK(reach_each_other(lab.world, lab.alice, lab.bob, "lab", milliseconds(500)));
  }
}

TEST_CASE("relay: when it dies the next one carries on within a second") {
  for (const std::uint64_t seed : {11, 12, 13}) {
    CAPTURE(seed);
    Lab lab(seed);
    lab.dave.power_on();
    for (Host* host : {&lab.alice, &lab.bob, &lab.dave}) lab.join(*host);
    REQUIRE(reach_each_other(lab.world, lab.alice, lab.bob, "lab", seconds(5)));
    lab.longest_stall(1'000, 200);
    const std::string via = lab.seen(lab.alice, "bob").via;
    Host& relay = via == "carol" ? lab.carol : lab.dave;
    relay.pull_the_plug();
    const Duration stall = lab.longest_stall(2'000, 200);
    MESSAGE("relay died: stall ", stall.milliseconds(), " ms");
    CHECK(stall <= seconds(1));
    const control::MemberStatus bob = lab.seen(lab.alice, "bob");
    CHECK(bob.path == control::PathKind::relay);
    CHECK(bob.via == (via == "carol" ? "dave" : "carol"));
  }
}

TEST_CASE("relay: a direct path that opens is taken, and left when it dies") {
  Lab lab(21);
  for (Host* host : {&lab.alice, &lab.bob}) lab.join(*host);
  REQUIRE(reach_each_other(lab.world, lab.alice, lab.bob, "lab", seconds(5)));
  CHECK(lab.seen(lab.alice, "bob").path == control::PathKind::relay);
  for (Host* host : {&lab.alice, &lab.bob}) lab.world.internet().make_open_minded(lab.site(*host));
  CHECK(lab.longest_stall(1'000, 800) <= seconds(2));
  CHECK(lab.seen(lab.alice, "bob").path == control::PathKind::direct);
  CHECK(lab.seen(lab.bob, "alice").path == control::PathKind::direct);

  lab.world.internet().set_wire(lab.site(lab.alice), lab.site(lab.bob), Internet::Wire::cut);
  const Duration stall = lab.longest_stall(3'000, 200);
  MESSAGE("direct path died: stall ", stall.milliseconds(), " ms");
  CHECK(stall <= seconds(1));
  CHECK(lab.seen(lab.alice, "bob").path == control::PathKind::relay);
}

TEST_CASE("relay: whoever will not relay does not") {
  Lab lab(31);
  lab.carol.pull_the_plug();
  lab.carol.settings().relay = node::Relay::off;
  lab.carol.power_on();
  lab.world.run_for(seconds(1));
  for (Host* host : {&lab.alice, &lab.bob}) lab.join(*host);
  CHECK_FALSE(reach_each_other(lab.world, lab.alice, lab.bob, "lab", seconds(20)));
  CHECK(lab.seen(lab.alice, "bob").path == control::PathKind::none);
}

TEST_CASE("relay: a quota is kept") {
  Lab lab(41);
  lab.carol.pull_the_plug();
  lab.carol.settings().relay_quota = 20'000;
  lab.carol.power_on();
  lab.world.run_for(seconds(1));
  for (Host* host : {&lab.alice, &lab.bob}) lab.join(*host);
  REQUIRE(reach_each_other(lab.world, lab.alice, lab.bob, "lab", seconds(5)));
  for (std::uint64_t i = 0; i < 2'000; ++i) {
    lab.alice.send_probe("lab", *lab.bob.device("lab")->address, 1'000 + i);
    if (i % 20 == 0) lab.world.run_for(milliseconds(10));
  }
  const auto drops = lab.carol.data_drops();
  CHECK(drops[static_cast<std::size_t>(node::DropReason::relay_quota)] > 0);
  lab.world.run_for(seconds(20));
  CHECK(reach_each_other(lab.world, lab.alice, lab.bob, "lab", seconds(5)));
}

}  // namespace
}  // namespace lanyard::sim
