// SPDX-License-Identifier: Apache-2.0
// What is not a message of a peer: cut, altered, replayed. It is counted and changes nothing.
#include <doctest/doctest.h>

#include "core/tunnel/macs.h"
#include "tests/unit/tunnel/harness.h"

using namespace lanyard;
using namespace lanyard::tunnel;
using namespace lanyard::tunnel::test;

namespace {

constexpr std::string_view kA = "192.0.2.1:1001";
constexpr std::string_view kB = "192.0.2.2:1002";

// A handshake in which junk precedes each message.
struct Stage {
  Stage() {
    a.be_member(1, 101);
    b.be_member(1, 102);
    world.is_lost = [](const Packet&) { return true; };
    world.start(a, 1, {b.address});
    world.run(seconds(0));
  }

  // Hands junk to the packet's receiver; it must neither answer nor believe.
  void feed(const Packet& packet, Bytes junk) {
    Host& host = packet.to == a.address ? a : b;
    world.now = world.now + milliseconds(50);  // as the limit per source allows
    Datagrams out;
    const std::size_t events = host.events.size();
    host.handshakes.handle_datagram(world.now, packet.from, junk, out, host.events);
    if (!out.empty() || host.events.size() != events) FAIL("junk was answered");
  }
  // The last packet that was sent is the next message.
  Packet current() const { return world.sent.back(); }

  void finish_message() { world.deliver(current()); }

  Host a{kA, 1};
  Host b{kB, 2};
  World world{{&a, &b}};
};

Buffer flipped(Bytes datagram, std::size_t bit) {
  Buffer out = to_buffer(datagram);
  out[bit / 8] ^= static_cast<std::uint8_t>(1U << bit % 8);
  return out;
}

std::uint64_t all_drops(const Host& host) {
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < static_cast<std::size_t>(HandshakeDrop::count_); ++i) {
    sum += host.dropped(static_cast<HandshakeDrop>(i));
  }
  return sum;
}

}  // namespace

TEST_CASE("junk: each prefix and each flipped bit of each message, then the message itself") {
  Stage stage;
  for (int message = 1; message <= 3; ++message) {
    const Packet packet = stage.current();
    const Host& receiver = packet.to == stage.a.address ? stage.a : stage.b;
    const std::uint64_t before = all_drops(receiver);
    for (std::size_t size = 0; size < packet.payload.size(); ++size) {
      stage.feed(packet, Bytes(packet.payload).first(size));
    }
    // mac2 (bytes 20 to 35) is not looked at without load.
    std::uint64_t flips = 0;
    for (std::size_t bit = 0; bit < packet.payload.size() * 8; ++bit) {
      if (bit / 8 >= 20 && bit / 8 < 36) continue;
      stage.feed(packet, flipped(packet.payload, bit));
      ++flips;
    }
    CHECK(all_drops(receiver) - before == packet.payload.size() + flips);
    CHECK(receiver.dropped(HandshakeDrop::stranger) > 0);
    CHECK(receiver.dropped(HandshakeDrop::malformed) > 0);
    stage.finish_message();
  }
  REQUIRE(stage.a.established().size() == 1);
  REQUIRE(stage.b.established().size() == 1);
  CHECK(talk(*stage.a.established()[0]->session, *stage.b.established()[0]->session));
}

// The same by somebody who has the MAC key, so that Noise has to refuse.
TEST_CASE("junk: altered messages with a right MAC") {
  Stage stage;
  const crypto::Secret<32> mac_key =
      make_credentials(1, 1, Scope::member, Side::member, 1).mac_key.clone();
  for (int message = 1; message <= 3; ++message) {
    const Packet packet = stage.current();
    const Host& receiver = packet.to == stage.a.address ? stage.a : stage.b;
    const std::uint64_t before = receiver.dropped(HandshakeDrop::undecipherable);
    std::uint64_t tried = 0;
    for (std::size_t byte = kHandshakeHeaderSize; byte < packet.payload.size(); byte += 3) {
      Buffer altered = flipped(packet.payload, byte * 8 + byte % 8);
      write_mac1(altered, mac_key);
      stage.feed(packet, altered);
      ++tried;
    }
    for (std::size_t cut = 1; cut < 100 && message > 1; cut += 3) {
      Buffer shorter = to_buffer(Bytes(packet.payload).first(packet.payload.size() - cut));
      write_mac1(shorter, mac_key);
      stage.feed(packet, shorter);
      ++tried;
    }
    CHECK(receiver.dropped(HandshakeDrop::undecipherable) - before == tried);
    stage.finish_message();
  }
  CHECK(stage.a.established().size() == 1);
  CHECK(stage.b.established().size() == 1);
}

TEST_CASE("junk: random bytes behind each first byte") {
  Stage stage;
  SeededRng rng(7);
  const Packet packet = stage.current();
  for (unsigned first = 0; first < 256; ++first) {
    for (const std::size_t size : {1U, 36U, 60U, 1100U, 1200U, 1201U}) {
      Buffer junk(size);
      rng.fill(junk);
      junk[0] = static_cast<std::uint8_t>(first);
      stage.feed(packet, junk);
    }
  }
  CHECK(all_drops(stage.b) == 256 * 6);
}

TEST_CASE("junk: a replay of all that was captured makes no session") {
  Host a(kA, 1);
  Host b(kB, 2);
  a.be_member(1, 101);
  b.be_member(1, 102);
  World world({&a, &b});
  world.start(a, 1, {b.address});
  world.start(b, 1, {a.address});
  world.run(seconds(3));
  const std::vector<Packet> captured = world.sent;
  REQUIRE(captured.size() > 6);
  a.events.clear();
  b.events.clear();
  const auto replay = [&] {
    for (const Packet& packet : captured) {
      world.deliver(packet);
      world.deliver_all();
      Packet mirrored = packet;
      std::swap(mirrored.from, mirrored.to);
      world.deliver(mirrored);
      world.deliver_all();
    }
  };
  replay();  // while the handshakes are remembered
  CHECK(a.events.empty());
  CHECK(b.events.empty());
  world.run(seconds(60));  // and when they are forgotten
  replay();
  world.run(seconds(60));
  CHECK(a.events.empty());
  CHECK(b.events.empty());
  CHECK(a.handshakes.half_open() == 0);
  CHECK(b.handshakes.half_open() == 0);
}
