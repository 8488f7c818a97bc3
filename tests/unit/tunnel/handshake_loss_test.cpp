// SPDX-License-Identifier: Apache-2.0
// What a bad network does to a handshake: loss, duplicates, reordering, addresses that change.
#include <doctest/doctest.h>

#include "tests/unit/tunnel/harness.h"

using namespace lanyard;
using namespace lanyard::tunnel;
using namespace lanyard::tunnel::test;

namespace {

constexpr std::string_view kA = "192.0.2.1:1001";
constexpr std::string_view kB = "192.0.2.2:1002";

struct Two {
  Two() {
    a.be_member(1, 101);
    b.be_member(1, 102);
  }

  void check_one_session() {
    REQUIRE(a.established().size() == 1);
    REQUIRE(b.established().size() == 1);
    CHECK(talk(*a.established()[0]->session, *b.established()[0]->session));
  }

  Host a{kA, 1};
  Host b{kB, 2};
  World world{{&a, &b}};
};

}  // namespace

TEST_CASE("loss: of each single message is made good within half a second") {
  for (std::size_t lost = 0; lost < 3; ++lost) {
    Two two;
    std::size_t sent = 0;
    two.world.is_lost = [&](const Packet&) { return sent++ == lost; };
    two.world.start(two.a, 1, {two.b.address});
    two.world.run(milliseconds(500));
    two.check_one_session();
  }
}

TEST_CASE("loss: the repeated message 1 is answered by the same message 2") {
  Two two;
  std::vector<Buffer> answers;
  two.world.is_lost = [&](const Packet& packet) {
    if (packet.kind() != DatagramKind::handshake_2) return false;
    answers.push_back(packet.payload);
    return answers.size() < 4;
  };
  two.world.start(two.a, 1, {two.b.address});
  two.world.run(seconds(1));
  two.check_one_session();
  REQUIRE(answers.size() == 4);
  for (const Buffer& answer : answers) CHECK(answer == answers[0]);
  CHECK(two.b.dropped(HandshakeDrop::duplicate) == 3);
}

TEST_CASE("loss: a repeated message 2 brings message 3 again") {
  Two two;
  two.world.is_lost = [&](const Packet& packet) {
    return packet.kind() == DatagramKind::handshake_3;
  };
  two.world.start(two.a, 1, {two.b.address});
  two.world.run(seconds(0));
  CHECK(two.b.established().empty());
  two.world.is_lost = nullptr;
  two.world.deliver(two.world.first(DatagramKind::handshake_2));
  two.world.deliver_all();
  two.check_one_session();
}

TEST_CASE("loss: every other packet, in 100 runs of one seed each") {
  int sessions = 0;
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    Two two;
    SeededRng rng(seed);
    two.world.is_lost = [&](const Packet&) { return rng.below(2) == 0; };
    two.world.start(two.a, 1, {two.b.address});
    two.world.run(seconds(16));
    CHECK(two.a.established().size() + two.a.failed().size() == 1);
    CHECK(two.b.established().size() <= two.a.established().size());
    if (two.b.established().size() == 1) {
      ++sessions;
      CHECK(talk(*two.a.established()[0]->session, *two.b.established()[0]->session));
    }
  }
  CHECK(sessions >= 90);
}

TEST_CASE("duplicates: every packet three times makes one session") {
  Two two;
  two.world.start(two.a, 1, {two.b.address});
  Datagrams out;
  two.a.handshakes.handle_timeout(two.world.now, out, two.a.events);
  two.world.send(two.a, out);
  while (!two.world.wire.empty()) {
    const Packet packet = two.world.wire.front();
    two.world.wire.pop_front();
    const bool is_new = two.world.count(packet.kind()) == 1;
    for (int i = 0; i < (is_new ? 3 : 1); ++i) two.world.deliver(packet);
  }
  two.check_one_session();
}

TEST_CASE("reordering: a late message 1 after the session is there does nothing") {
  Two two;
  two.world.start(two.a, 1, {two.b.address});
  two.world.run(seconds(0));
  const std::size_t sent = two.world.sent.size();
  two.world.deliver(two.world.first(DatagramKind::handshake_1));
  two.world.deliver(two.world.first(DatagramKind::handshake_3));
  CHECK(two.world.sent.size() == sent);
  CHECK(two.b.dropped(HandshakeDrop::duplicate) == 2);
  two.check_one_session();
}

// A NAT may show the peer another address for each message.
TEST_CASE("addresses: message 2 goes where message 1 came from, and that of message 3 counts") {
  Two two;
  const Endpoint other = endpoint("198.51.100.7:777");
  two.world.is_lost = [](const Packet& packet) {
    return packet.kind() == DatagramKind::handshake_2 || packet.kind() == DatagramKind::handshake_3;
  };
  two.world.start(two.a, 1, {two.b.address});
  two.world.run(seconds(0));
  Packet moved = two.world.first(DatagramKind::handshake_1);
  moved.from = other;
  two.world.deliver(moved);
  CHECK(two.world.sent.back().kind() == DatagramKind::handshake_2);
  CHECK(two.world.sent.back().to == other);
  CHECK(two.world.sent.back().payload == two.world.first(DatagramKind::handshake_2).payload);

  Packet answer = two.world.first(DatagramKind::handshake_2);
  answer.from = endpoint("203.0.113.5:5");  // none of the candidates
  two.world.deliver(answer);
  REQUIRE(two.a.established().size() == 1);
  CHECK(two.a.established()[0]->from == answer.from);
  CHECK(two.world.sent.back().to == answer.from);
  Packet last = two.world.first(DatagramKind::handshake_3);
  last.to = two.b.address;
  last.from = other;
  two.world.deliver(last);
  REQUIRE(two.b.established().size() == 1);
  CHECK(two.b.established()[0]->from == other);
  CHECK(two.b.established()[0]->observed == answer.from);
}
