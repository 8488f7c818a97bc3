// SPDX-License-Identifier: Apache-2.0
// Machines that know nothing of each other but a token become a network.
#include <algorithm>
#include <cctype>

#include <doctest/doctest.h>

#include "tests/lab/sockets.h"
#include "tests/lab/story.h"
#include "tests/lab/wire_tap.h"

namespace lanyard::lab {
namespace {

constexpr std::uint16_t kPort = 9999;

bool contains(Bytes frame, std::string_view text) {
  return as_text(frame).find(text) != std::string_view::npos;
}

bool any_contains(const std::vector<Buffer>& frames, std::string_view text) {
  return std::ranges::any_of(frames, [&](const Buffer& frame) { return contains(frame, text); });
}

TEST_CASE("alice and bob behind NATs and carol in public share an Ethernet") {
  Lab lab;
  lab.beacon();
  Machine& alice = lab.machine("alice", lab.lan(Lan::Uplink::nat));
  Machine& bob = lab.machine("bob", lab.lan(Lan::Uplink::nat));
  Machine& carol = lab.public_machine("carol");
  const std::vector<Machine*> all{&alice, &bob, &carol};
  for (Machine* machine : all) machine->start_daemon();

  create(alice, "lab");
  const std::string token = invite(alice, {"--uses", "2"});
  join(bob, token);
  join(carol, token);

  SUBCASE("everyone sees everyone, directly, and says so") {
    for (const Machine* machine : all) {
      for (const Machine* other : all) {
        if (machine == other) continue;
        REQUIRE(sees(*machine, "lab", other->name()));
        const auto member = *machine->member("lab", other->name());
        CHECK(member.path == control::PathKind::direct);
        CHECK(member.cipher != "");
        CHECK(member.endpoint != "");
        CHECK_FALSE(member.self);
      }
      const auto network = *machine->network("lab");
      CHECK(network.state == control::NetworkState::up);
      CHECK(network.members.size() == 3);
      CHECK(network.members.front().self);
    }
    const Finished pinged = alice.lanyard({"ping", "bob", "-c", "2"});
    must_succeed(pinged);
    CHECK_MESSAGE(pinged.out.find("direct") != std::string::npos, pinged.description);
    must_fail(alice.lanyard({"ping", "nobody", "-c", "1"}), 5, "nobody");
    all_must_reach_each_other(all, "lab");
  }

  SUBCASE("a broadcast reaches everyone, and the underlay sees nothing of it") {
    all_must_reach_each_other(all, "lab");
    const std::string marker = "this-must-not-be-seen-outside";
    const std::string device = alice.network("lab")->interface;
    const WireTap outside(lab.internet(), lab.interface_to(alice), WireTap::Direction::both);
    const WireTap inside(bob.space(), bob.network("lab")->interface, WireTap::Direction::both);
    const UdpSocket at_bob(bob, kPort);
    const UdpSocket at_carol(carol, kPort);
    UdpSocket(alice, kPort).send("255.255.255.255", kPort, marker, device);
    CHECK(at_bob.receive(kContact) == marker);
    CHECK(at_carol.receive(kContact) == marker);

    CHECK(any_contains(inside.take(kContact), marker));
    const std::vector<Buffer> seen = outside.take(kContact);
    CHECK_FALSE(seen.empty());
    CHECK_FALSE(any_contains(seen, marker));
  }
}

TEST_CASE("twenty machines on one LAN join by one token; the twenty-first does not") {
  Lab lab;
  Lan& lan = lab.lan(Lan::Uplink::none);
  Machine& host = lab.machine("host", lan);
  host.start_daemon();
  create(host, "lab");
  const std::string token = invite(host, {"--uses", "20"});
  std::vector<Machine*> guests;
  for (int i = 1; i <= 20; ++i) {
    guests.push_back(&lab.machine("guest" + std::to_string(i), lan));
    guests.back()->start_daemon();
    join(*guests.back(), token);
  }
  Machine& late = lab.machine("late", lan);
  late.start_daemon();
  must_fail(late.lanyard({"join", token}), 1, "used");

  // Each learns of all, also of those that came after it; a few that never met talk.
  for (Machine* guest : guests) {
    CHECK(wait_until(kContact, [&] {
      const auto network = guest->network("lab");
      return network && network->members.size() == 21 &&
             std::ranges::all_of(network->members,
                                 [](const auto& member) { return member.self || member.online; });
    }));
  }
  CHECK(system_ping(*guests[0], *guests[19], "lab"));
  CHECK(system_ping(*guests[19], *guests[7], "lab"));
}

TEST_CASE("the inviter sleeps, and another member admits") {
  Lab lab;
  lab.beacon();
  Machine& alice = lab.machine("alice", lab.lan(Lan::Uplink::nat));
  Machine& bob = lab.machine("bob", lab.lan(Lan::Uplink::nat));
  Machine& dave = lab.machine("dave", lab.lan(Lan::Uplink::nat));
  for (Machine* machine : {&alice, &bob, &dave}) machine->start_daemon();
  create(alice, "lab");
  join(bob, invite(alice));
  REQUIRE(sees(bob, "lab", "alice"));
  const std::string token = invite(alice);
  // The grant has to be with bob before alice goes.
  REQUIRE(wait_until(kContact, [&] { return bob.lanyard({"invites"}).exit_code == 0; }));
  CHECK(alice.stop_daemon() == 0);
  join(dave, token);
  CHECK(system_ping(dave, bob, "lab"));
}

TEST_CASE("a token says what is wrong with it") {
  Lab lab;
  Lan& lan = lab.lan(Lan::Uplink::none);
  Machine& alice = lab.machine("alice", lan);
  Machine& bob = lab.machine("bob", lan);
  Machine& carol = lab.machine("carol", lan);
  for (Machine* machine : {&alice, &bob, &carol}) machine->start_daemon();
  create(alice, "lab");

  SUBCASE("used up") {
    const std::string token = invite(alice);
    join(bob, token);
    REQUIRE(sees(alice, "lab", "bob"));
    const Finished second = carol.lanyard({"join", token});
    must_fail(second, 1, "used");
    must_be_one_clear_sentence(second);
    CHECK(carol.status().networks.empty());
  }
  SUBCASE("mistyped") {
    std::string token = invite(alice);
    char& letter = token[token.size() / 2];
    letter = letter == 'Q' ? 'P' : 'Q';
    must_fail(bob.lanyard({"join", token}), 2, "mistyped");
    must_fail(bob.lanyard({"join", "LANYARD"}), 2, "");
    must_fail(bob.lanyard({"join", "-"}, "no token at all\n"), 2, "");
  }
  SUBCASE("expired") {
    const std::string token = invite(alice, {"--expires", "1s"});
    CHECK(wait_until(Patience{5'000}, [&] {
      return alice.lanyard({"invites"}).out.find("expired") != std::string::npos;
    }));
    must_fail(bob.lanyard({"join", token}), 1, "expired");
  }
  SUBCASE("revoked") {
    const Finished made = alice.lanyard({"invite", "--json"});
    must_succeed(made);
    const std::string key = "\"id\":\"";
    const std::size_t id = made.out.find(key);
    REQUIRE_MESSAGE(id != std::string::npos, made.description);
    const std::string key_token = "\"token\":\"";
    const std::size_t token = made.out.find(key_token) + key_token.size();
    must_succeed(alice.lanyard({"invites", "--revoke", made.out.substr(id + key.size(), 8)}));
    must_fail(bob.lanyard({"join", made.out.substr(token, made.out.find('"', token) - token)}), 1,
              "revoked");
  }
  SUBCASE("nothing, when it was only torn by a mail program") {
    std::string token = invite(alice);
    for (char& letter : token) letter = static_cast<char>(std::tolower(letter));
    for (std::size_t at = 40; at < token.size(); at += 60) token.insert(at, "\r\n  ");
    must_succeed(bob.lanyard({"join", "-"}, token + "\n\n"));
    CHECK(system_ping(bob, alice, "lab"));
  }
}

}  // namespace
}  // namespace lanyard::lab
