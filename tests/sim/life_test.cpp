// SPDX-License-Identifier: Apache-2.0
// What happens to a network after it has come together: restarts, moves, new keys, bad traffic.
#include <doctest/doctest.h>

#include "tests/sim/story.h"

namespace lanyard::sim {
namespace {

constexpr Weather kFair{.latency = milliseconds(20), .jitter = milliseconds(5)};

// Three members of "lab" that reach each other: two behind NATs, one public, met by a beacon.
struct ThreeMembers {
  World world;
  Host& beacon;
  Host& alice;
  Host& bob;
  Host& carol;

  explicit ThreeMembers(std::uint64_t seed, Duration rekey_after = seconds(120))
      : world(seed),
        beacon(world.add_beacon("beacon")),
        alice(world.add_host("alice", world.internet().add_home())),
        bob(world.add_host("bob", world.internet().add_home())),
        carol(world.add_public_host("carol")) {
    world.internet().set_weather(kFair);
    for (Host* host : all()) {
      host->settings().rekey_after = rekey_after;
      host->power_on();
    }
    create(world, alice, "lab");
    const std::string token = invite(world, alice, "lab", 2);
    REQUIRE(join(world, bob, "lab", token, seconds(10)));
    REQUIRE(join(world, carol, "lab", token, seconds(10)));
    REQUIRE(all_reach_each_other(seconds(20)));
  }

  std::vector<Host*> all() { return {&alice, &bob, &carol}; }
  bool all_reach_each_other(Duration patience) {
    return reach_each_other(world, alice, bob, "lab", patience) &&
           reach_each_other(world, alice, carol, "lab", patience) &&
           reach_each_other(world, bob, carol, "lab", patience);
  }
};

TEST_CASE("all restart at once, and meet without the node that they met by") {
  for (const bool graceful : {true, false}) {
    CAPTURE(graceful);
    ThreeMembers lab(21);
    lab.world.run_for(seconds(5));
    lab.beacon.pull_the_plug();
    for (Host* host : lab.all()) graceful ? host->shut_down() : host->pull_the_plug();
    lab.world.run_for(seconds(3));
    for (Host* host : lab.all()) host->power_on();
    CHECK(lab.all_reach_each_other(seconds(15)));
    for (Host* host : lab.all()) CHECK(host->refused_files() == 0);
  }
}

TEST_CASE("members keep their addresses over a restart") {
  ThreeMembers lab(22);
  const auto before = lab.bob.device("lab")->address;
  const auto mac = lab.bob.device("lab")->mac;
  lab.bob.pull_the_plug();
  lab.world.run_for(seconds(1));
  lab.bob.power_on();
  lab.world.run_for(seconds(1));
  REQUIRE(lab.bob.device("lab") != nullptr);
  CHECK(lab.bob.device("lab")->address == before);
  CHECK(lab.bob.device("lab")->mac == mac);
}

TEST_CASE("a damaged state file is refused and the node runs on") {
  ThreeMembers lab(23);
  lab.bob.shut_down();
  REQUIRE_FALSE(lab.bob.disk().empty());
  for (auto& [name, contents] : lab.bob.disk()) contents.resize(contents.size() / 2);
  lab.bob.power_on();
  lab.world.run_for(seconds(1));
  CHECK(lab.bob.refused_files() > 0);
  CHECK(lab.world.ask(lab.bob, control::GetStatus{}, seconds(1)));
}

TEST_CASE("a member that moves to another network's address stays reachable") {
  ThreeMembers lab(24);
  lab.world.move(lab.bob, lab.world.internet().add_home());
  CHECK(lab.all_reach_each_other(seconds(30)));
}

TEST_CASE("a router that restarts is opened again") {
  ThreeMembers lab(25);
  lab.world.internet().reboot_router(lab.world.internet().site_of(lab.alice.id()));
  CHECK(lab.all_reach_each_other(seconds(30)));
}

TEST_CASE("keys change while packets flow, and no packet notices") {
  ThreeMembers lab(26, seconds(5));
  const auto& target = *lab.bob.device("lab")->address;
  std::uint64_t sent = 0;
  for (; sent < 400; ++sent) {
    lab.alice.send_probe("lab", target, 1'000'000 + sent);
    lab.world.run_for(milliseconds(100));
  }
  lab.world.run_for(seconds(1));
  const auto& received = lab.bob.device("lab")->received;
  std::uint64_t arrived = 0;
  for (std::uint64_t i = 0; i < sent; ++i) arrived += received.contains(1'000'000 + i) ? 1 : 0;
  CHECK(arrived == sent);
}

TEST_CASE("a broadcast reaches every other member once") {
  ThreeMembers lab(27);
  lab.world.run_for(seconds(2));
  const std::uint64_t bob_before = lab.bob.device("lab")->broadcasts;
  const std::uint64_t carol_before = lab.carol.device("lab")->broadcasts;
  Host::Device& from = *lab.alice.device("lab");
  lab.alice.send_frame("lab", make_probe({from.mac, MacAddress::broadcast(), *from.address,
                                          IpAddress::from_v4(0xffffffff), 1}));
  lab.world.run_for(seconds(1));
  CHECK(lab.bob.device("lab")->broadcasts == bob_before + 1);
  CHECK(lab.carol.device("lab")->broadcasts == carol_before + 1);
}

TEST_CASE("a frame under another member's MAC goes nowhere") {
  ThreeMembers lab(28);
  const Host::Device& bob = *lab.bob.device("lab");
  const Host::Device& carol = *lab.carol.device("lab");
  lab.alice.send_frame("lab", make_probe({carol.mac, bob.mac, *carol.address, *bob.address, 99}));
  lab.world.run_for(seconds(1));
  CHECK_FALSE(bob.received.contains(99));
}

TEST_CASE("whoever came by an invite stays when it is revoked afterwards") {
  ThreeMembers lab(30);
  Host& dave = lab.world.add_public_host("dave");
  Host& late = lab.world.add_public_host("late");
  dave.power_on();
  late.power_on();
  control::CreateInvite request;
  request.network = "lab";
  request.uses = 2;
  const auto made = lab.world.ask(lab.alice, request, seconds(1));
  REQUIRE(made);
  const auto& open = std::get<control::InviteReply>(*made);
  REQUIRE(join(lab.world, dave, "lab", open.token, seconds(10)));
  lab.world.run_for(seconds(2));
  REQUIRE(lab.world.ask(lab.alice, control::RevokeInvite{"lab", open.id}, seconds(1)));
  lab.world.run_for(seconds(2));
  CHECK_FALSE(join(lab.world, late, "lab", open.token, seconds(10)));
  CHECK(reach_each_other(lab.world, dave, lab.bob, "lab", seconds(10)));
  CHECK(lab.all_reach_each_other(seconds(5)));
}

TEST_CASE("a member that left is gone for the others") {
  ThreeMembers lab(29);
  REQUIRE(lab.world.ask(lab.bob, control::LeaveNetwork{"lab"}, seconds(2)));
  CHECK(lab.bob.device("lab") == nullptr);
  CHECK(lab.world.run_until(seconds(60), [&] {
    const auto seen = member(lab.world, lab.alice, "lab", "bob");
    return !seen || !seen->online;
  }));
  CHECK(reach_each_other(lab.world, lab.alice, lab.carol, "lab", seconds(5)));
}

}  // namespace
}  // namespace lanyard::sim
