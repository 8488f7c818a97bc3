// SPDX-License-Identifier: Apache-2.0
// What must not get through: frames of another network, and datagrams that were there before.
#include <doctest/doctest.h>

#include "tests/lab/sockets.h"
#include "tests/lab/story.h"
#include "tests/lab/wire_tap.h"

namespace lanyard::lab {
namespace {

constexpr std::uint16_t kPort = 9999;
// Nothing comes after this long: a datagram through two daemons takes some milliseconds.
constexpr Patience kSilence{500};

std::uint64_t dropped(const Machine& machine) {
  std::uint64_t total = 0;
  for (const auto& [reason, packets] : machine.status().dropped) total += packets;
  return total;
}

TEST_CASE("a daemon in two networks keeps them apart") {
  Lab lab;
  Lan& lan = lab.lan(Lan::Uplink::none);
  Machine& middle = lab.machine("middle", lan);
  Machine& red = lab.machine("red", lan);
  Machine& blue = lab.machine("blue", lan);
  for (Machine* machine : {&middle, &red, &blue}) machine->start_daemon();
  create(middle, "red-net");
  create(middle, "blue-net");
  join(red, invite(middle, {"--network", "red-net"}));
  join(blue, invite(middle, {"--network", "blue-net"}));
  CHECK(system_ping(red, middle, "red-net"));
  CHECK(system_ping(blue, middle, "blue-net"));
  CHECK(middle.network("red-net")->interface != middle.network("blue-net")->interface);
  CHECK_FALSE(red.network("blue-net"));
  CHECK_FALSE(red.member("red-net", "blue"));

  // A broadcast of either stays in it.
  const WireTap at_blue(blue.space(), blue.network("blue-net")->interface,
                        WireTap::Direction::both);
  const UdpSocket at_red(red, kPort);
  const UdpSocket sender(middle, kPort);
  sender.send("255.255.255.255", kPort, "for red alone", middle.network("red-net")->interface);
  CHECK(at_red.receive(kContact) == "for red alone");
  // A sign of life afterwards: what was sent before it would have come before it.
  const UdpSocket at_blue_socket(blue, kPort);
  sender.send("255.255.255.255", kPort, "for blue", middle.network("blue-net")->interface);
  CHECK(at_blue_socket.receive(kContact) == "for blue");
  for (const Buffer& frame : at_blue.take(kContact)) {
    CHECK(as_text(frame).find("for red alone") == std::string_view::npos);
  }
}

TEST_CASE("datagrams that are sent again change counters and nothing else") {
  Lab lab;
  lab.beacon();
  Machine& alice = lab.machine("alice", lab.lan(Lan::Uplink::nat));
  Machine& carol = lab.public_machine("carol");
  alice.start_daemon();
  carol.start_daemon();
  create(alice, "lab");
  join(carol, invite(alice));
  REQUIRE(system_ping(alice, carol, "lab"));

  const WireTap tap(lab.internet(), lab.interface_to(carol), WireTap::Direction::out);
  const UdpSocket at_carol(carol, kPort);
  const UdpSocket at_alice(alice, 0);
  const std::string address = carol.address_in("lab");
  for (int i = 0; i < 20; ++i) {
    at_alice.send(address, kPort, "number " + std::to_string(i));
    CHECK(at_carol.receive(kContact) == "number " + std::to_string(i));
  }
  const std::vector<Buffer> heard = tap.take(kContact);
  REQUIRE(heard.size() >= 20);

  const std::uint64_t before = dropped(carol);
  for (const Buffer& frame : heard) tap.inject(frame);
  // Backwards, and each with one bit of its payload flipped.
  for (auto frame = heard.rbegin(); frame != heard.rend(); ++frame) {
    Buffer damaged = *frame;
    damaged.back() ^= 1;
    tap.inject(damaged);
  }
  CHECK_FALSE(at_carol.receive(kSilence));
  CHECK(dropped(carol) >= before + 20);
  CHECK(system_ping(alice, carol, "lab"));
}

}  // namespace
}  // namespace lanyard::lab
