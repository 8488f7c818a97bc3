// SPDX-License-Identifier: Apache-2.0
// The laboratory itself, without any daemon: its NATs do what the other scenarios rely on.
#include <doctest/doctest.h>

#include "tests/lab/sockets.h"
#include "tests/lab/story.h"
#include "tests/lab/wire_tap.h"

namespace lanyard::lab {
namespace {

constexpr std::uint16_t kPort = 4000;
constexpr Patience kSoon{2'000};
constexpr Patience kSilence{300};

TEST_CASE("a NAT maps endpoint-independently and lets in only whom it was asked for") {
  Lab lab;
  Lan& home = lab.lan(Lan::Uplink::nat);
  Machine& inside = lab.machine("inside", home);
  Machine& known = lab.public_machine("known");
  Machine& stranger = lab.public_machine("stranger");
  const UdpSocket in(inside, kPort);
  const UdpSocket at_known(known, kPort);
  const UdpSocket at_stranger(stranger, kPort);

  in.send("20.0.2.2", kPort, "hello");
  CHECK(at_known.receive(kSoon) == "hello");
  at_known.send(home.public_address, kPort, "answer");
  CHECK(in.receive(kSoon) == "answer");
  // The stranger was not asked, though the mapping is the same for all.
  at_stranger.send(home.public_address, kPort, "unasked");
  CHECK_FALSE(in.receive(kSilence));
  in.send("20.0.3.2", kPort, "hello, stranger");
  CHECK(at_stranger.receive(kSoon) == "hello, stranger");
  at_stranger.send(home.public_address, kPort, "asked");
  CHECK(in.receive(kSoon) == "asked");
}

TEST_CASE("two NATs open when both sides send") {
  Lab lab;
  Lan& left = lab.lan(Lan::Uplink::nat);
  Lan& right = lab.lan(Lan::Uplink::nat);
  Machine& alice = lab.machine("alice", left);
  Machine& bob = lab.machine("bob", right);
  const UdpSocket at_alice(alice, kPort);
  const UdpSocket at_bob(bob, kPort);
  at_alice.send(right.public_address, kPort, "opens the own side");
  CHECK_FALSE(at_bob.receive(kSilence));
  at_bob.send(left.public_address, kPort, "gets through");
  CHECK(at_alice.receive(kSoon) == "gets through");
  at_alice.send(right.public_address, kPort, "and so does this");
  CHECK(at_bob.receive(kSoon) == "and so does this");
}

TEST_CASE("machines of one LAN hear each other's multicast and broadcast; others do not") {
  Lab lab;
  Lan& lan = lab.lan(Lan::Uplink::none);
  Machine& one = lab.machine("one", lan);
  Machine& two = lab.machine("two", lan);
  Machine& other = lab.machine("other", lab.lan(Lan::Uplink::none));
  const UdpSocket at_two(two, kPort);
  const UdpSocket at_other(other, kPort);
  UdpSocket(one, kPort).send("192.168.1.255", kPort, "all of you");
  CHECK(at_two.receive(kSoon) == "all of you");
  CHECK_FALSE(at_other.receive(kSilence));
}

TEST_CASE("bad weather loses about what it was told to, and a tap hears what passes") {
  Lab lab;
  Machine& a = lab.public_machine("a");
  Machine& b = lab.public_machine("b");
  lab.drop_per_thousand(500);
  const WireTap tap(lab.internet(), lab.interface_to(b), WireTap::Direction::out);
  const UdpSocket from(a, 0);
  const UdpSocket to(b, kPort);
  for (int i = 0; i < 400; ++i) from.send("20.0.2.2", kPort, std::to_string(i));
  int arrived = 0;
  while (to.receive(kSilence)) ++arrived;
  CHECK(arrived > 120);
  CHECK(arrived < 280);
  std::vector<Buffer> heard = tap.take(kSoon);
  std::erase_if(heard, [](const Buffer& frame) { return udp_payload(frame).empty(); });
  CHECK(static_cast<int>(heard.size()) == arrived);
  // Said again on the wire, it arrives again.
  REQUIRE_FALSE(heard.empty());
  tap.inject(heard.front());
  CHECK(to.receive(kSoon) == to_string(udp_payload(heard.front())));
}

TEST_CASE("programs run under their own name, without what they are to do without") {
  Lab lab;
  Machine& machine = lab.machine("atlantis", lab.lan(Lan::Uplink::none));
  CHECK(machine.run({"hostname"}).out == "atlantis\n");
  Surroundings bare = machine.surroundings();
  bare.tun = Surroundings::Tun::absent;
  CHECK(run(bare, {"test", "-e", "/dev/net/tun"}).exit_code == 1);
  CHECK(machine.run({"test", "-e", "/dev/net/tun"}).exit_code == 0);
  bare.user = 65534;
  CHECK(run(bare, {"id", "-u"}).out == "65534\n");
  CHECK(run(bare, {"cat"}, "back").out == "back");
  CHECK(run(bare, {"no-such-program"}).exit_code == 127);
  const Finished slow = run(bare, {"sleep", "60"}, {}, Patience{100});
  CHECK(slow.exit_code == 124);
  CHECK(slow.seconds < 10);
}

}  // namespace
}  // namespace lanyard::lab
