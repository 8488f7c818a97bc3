// SPDX-License-Identifier: Apache-2.0
// A flood of messages 1 with a right MAC: from somebody who knows the network's MAC key, from any
// address he likes.
#include <doctest/doctest.h>

#include "core/tunnel/macs.h"
#include "tests/unit/tunnel/harness.h"

using namespace lanyard;
using namespace lanyard::tunnel;
using namespace lanyard::tunnel::test;

namespace {

constexpr std::string_view kVictim = "192.0.2.2:1002";

Endpoint forged_source(std::uint32_t n) { return {IpAddress::from_v4(0x0a000000 + n), 4000}; }

// Makes fresh, valid messages 1.
class Flood {
 public:
  Flood() : host_("192.0.2.66:6666", 66) { host_.be_member(1, 166); }

  Buffer message() {
    const Endpoint anywhere = endpoint(kVictim);
    const AttemptId attempt = host_.handshakes.start({}, 1, {&anywhere, 1});
    Datagrams out;
    host_.handshakes.handle_timeout({}, out, host_.events);
    host_.handshakes.cancel(attempt);
    return out.at(0).payload;
  }

  // The same with a cookie of the victim's, which it demands.
  Buffer proven_message(Host& victim, Instant now, const Endpoint& from) {
    const AttemptId attempt = host_.handshakes.start(now, 1, {&victim.address, 1});
    Datagrams calls;
    Datagrams cookies;
    host_.handshakes.handle_timeout(now, calls, host_.events);
    victim.handshakes.handle_datagram(now, from, calls.at(0).payload, cookies, victim.events);
    const Buffer cookie = cookies.at(0).payload;
    host_.handshakes.handle_datagram(now, victim.address, cookie, calls, host_.events);
    host_.handshakes.cancel(attempt);
    return calls.at(1).payload;
  }

 private:
  Host host_;
};

struct Victim : Host {
  Victim() : Host(kVictim, 2) { be_member(1, 102); }

  // What it answers.
  Datagrams hit(Instant now, const Endpoint& from, Bytes datagram) {
    Datagrams out;
    handshakes.handle_datagram(now, from, datagram, out, events);
    CHECK(out.size() <= 1);
    for (const Datagram& answer : out) {
      CHECK(answer.to == from);
      CHECK(answer.payload.size() <= datagram.size());
    }
    return out;
  }
};

}  // namespace

TEST_CASE("load: a flood from many sources meets cookies, costs no memory, and stops no peer") {
  Victim victim;
  Flood flood;
  Instant now{seconds(100).nanoseconds};
  std::size_t answers = 0;
  std::size_t cookies = 0;
  for (std::uint32_t n = 0; n < 300; ++n) {
    for (const Datagram& answer : victim.hit(now, forged_source(n), flood.message())) {
      ++(classify(answer.payload) == DatagramKind::cookie ? cookies : answers);
    }
    if (n == 199) now = now + seconds(1);
  }
  // 50 in the first second, 15 in the next: then more than 64 are half open.
  CHECK(answers == 65);
  CHECK(cookies == 235);
  CHECK(victim.handshakes.half_open() == 65);
  CHECK(victim.dropped(HandshakeDrop::cookie_demanded) == 235);

  Host peer("198.51.100.9:999", 9);
  peer.be_member(1, 109);
  World world({&peer, &victim});
  world.now = now;
  world.start(peer, 1, {victim.address});
  world.run(seconds(0));
  CHECK(world.count(DatagramKind::cookie) == 1);
  REQUIRE(peer.established().size() == 1);
  REQUIRE(victim.established().size() == 1);
  CHECK(talk(*peer.established()[0]->session, *victim.established()[0]->session));
  world.run(seconds(20));
  CHECK(victim.handshakes.half_open() == 0);
}

TEST_CASE("load: a cookie is bound to its address, and ages") {
  Victim victim;
  Flood flood;
  Instant now{seconds(100).nanoseconds};
  for (std::uint32_t n = 0; n < 50; ++n) victim.hit(now, forged_source(n), flood.message());

  Host peer("198.51.100.9:999", 9);
  peer.be_member(1, 109);
  peer.handshakes.start(now, 1, {&victim.address, 1});
  Datagrams out;
  peer.handshakes.handle_timeout(now, out, peer.events);
  const Datagrams cookie = victim.hit(now, peer.address, out.at(0).payload);
  REQUIRE(cookie.size() == 1);
  REQUIRE(classify(cookie[0].payload) == DatagramKind::cookie);
  out.clear();

  // Altered in any bit, cut, or from an address that was not called: no use.
  for (std::size_t bit = 0; bit < kCookieDatagramSize * 8; ++bit) {
    Buffer flipped = cookie[0].payload;
    flipped[bit / 8] ^= static_cast<std::uint8_t>(1U << bit % 8);
    peer.handshakes.handle_datagram(now, victim.address, flipped, out, peer.events);
  }
  for (std::size_t size = 0; size < kCookieDatagramSize; ++size) {
    const Bytes cut = Bytes(cookie[0].payload).first(size);
    peer.handshakes.handle_datagram(now, victim.address, cut, out, peer.events);
  }
  peer.handshakes.handle_datagram(now, forged_source(1), cookie[0].payload, out, peer.events);
  REQUIRE(out.empty());

  peer.handshakes.handle_datagram(now, victim.address, cookie[0].payload, out, peer.events);
  REQUIRE(out.size() == 1);
  const Buffer with_cookie = out[0].payload;
  // The second cookie is kept for the next call: no ping-pong.
  peer.handshakes.handle_datagram(now, victim.address, cookie[0].payload, out, peer.events);
  CHECK(out.size() == 1);

  const auto kind_of_answer = [&](Instant at, const Endpoint& from) {
    const Datagrams answer = victim.hit(at, from, with_cookie);
    return answer.empty() ? DatagramKind::unknown : classify(answer[0].payload);
  };
  const Endpoint other_port = {peer.address.address, 1000};
  CHECK(kind_of_answer(now, forged_source(2)) == DatagramKind::cookie);
  CHECK(kind_of_answer(now, other_port) == DatagramKind::cookie);

  SUBCASE("at once") { CHECK(kind_of_answer(now, peer.address) == DatagramKind::handshake_2); }
  SUBCASE("after 119 s") {
    now = now + seconds(119);
    for (std::uint32_t n = 0; n < 50; ++n) victim.hit(now, forged_source(n), flood.message());
    CHECK(kind_of_answer(now, peer.address) == DatagramKind::handshake_2);
  }
  SUBCASE("after 241 s") {
    now = now + seconds(241);
    for (std::uint32_t n = 0; n < 50; ++n) victim.hit(now, forged_source(n), flood.message());
    CHECK(kind_of_answer(now, peer.address) == DatagramKind::cookie);
  }
}

TEST_CASE("load: a proven source has a share, in time and in half-open handshakes") {
  HandshakeSettings settings;
  settings.load_messages = 0;  // always
  Host victim(kVictim, 2, settings);
  victim.be_member(1, 102);
  Flood flood;
  Instant now{seconds(100).nanoseconds};
  Datagrams out;
  const auto ask = [&](std::uint32_t source) {
    const Endpoint from = forged_source(source);
    const Buffer message = flood.proven_message(victim, now, from);
    victim.handshakes.handle_datagram(now, from, message, out, victim.events);
  };
  for (int i = 0; i < 70; ++i) ask(1);
  CHECK(out.size() == 64);
  CHECK(victim.dropped(HandshakeDrop::rate_limited) == 6);
  CHECK(victim.handshakes.half_open() == 16);
  ask(2);
  CHECK(victim.handshakes.half_open() == 17);
  now = now + milliseconds(100);
  for (int i = 0; i < 5; ++i) ask(1);
  CHECK(out.size() == 64 + 1 + 2);
  for (const Datagram& answer : out) CHECK(classify(answer.payload) == DatagramKind::handshake_2);
}

TEST_CASE("load: half-open handshakes are bounded; the oldest goes") {
  HandshakeSettings settings;
  settings.load_messages = 1'000'000;
  settings.load_half_open = 1'000'000;
  settings.max_half_open = 10;
  Host victim(kVictim, 2, settings);
  victim.be_member(1, 102);
  Flood flood;
  const Instant now{seconds(100).nanoseconds};
  Datagrams out;
  std::vector<Buffer> messages;
  for (std::uint32_t n = 0; n < 12; ++n) {
    messages.push_back(flood.message());
    victim.handshakes.handle_datagram(now, forged_source(n), messages[n], out, victim.events);
  }
  CHECK(victim.handshakes.half_open() == 10);
  CHECK(victim.dropped(HandshakeDrop::duplicate) == 0);
  victim.handshakes.handle_datagram(now, forged_source(2), messages[2], out, victim.events);
  CHECK(victim.dropped(HandshakeDrop::duplicate) == 1);
  victim.handshakes.handle_datagram(now, forged_source(1), messages[1], out, victim.events);
  CHECK(victim.dropped(HandshakeDrop::duplicate) == 1);
}
