// SPDX-License-Identifier: Apache-2.0
#include "core/tunnel/handshakes.h"

#include <doctest/doctest.h>

#include "tests/unit/tunnel/harness.h"

using namespace lanyard;
using namespace lanyard::tunnel;
using namespace lanyard::tunnel::test;

namespace {

constexpr std::string_view kA = "192.0.2.1:1001";
constexpr std::string_view kB = "192.0.2.2:1002";
constexpr std::string_view kC = "[2001:db8::3]:1003";

void check_pair(const Host& initiator, const Host& responder) {
  REQUIRE(initiator.established().size() == 1);
  REQUIRE(responder.established().size() == 1);
  const Established& a = *initiator.established()[0];
  const Established& b = *responder.established()[0];
  CHECK(a.initiator == Initiator::us);
  CHECK(b.initiator == Initiator::peer);
  CHECK(a.attempt);
  CHECK_FALSE(b.attempt);
  CHECK(a.session->handshake_hash() == b.session->handshake_hash());
  CHECK(a.session->local_index() == b.session->remote_index());
  CHECK(a.session->remote_index() == b.session->local_index());
  CHECK(a.session->aead() == b.session->aead());
  CHECK(a.session->credentials_id() == a.credentials_id);
  CHECK(a.lower_key_initiated == b.lower_key_initiated);
  CHECK(a.from == responder.address);
  CHECK(b.from == initiator.address);
  CHECK(a.observed == initiator.address);
  CHECK(b.observed == responder.address);
  CHECK(talk(*a.session, *b.session));
}

// Draws session indices from 1 to 3.
class ThreeIndices final : public Rng {
 public:
  explicit ThreeIndices(std::uint64_t seed) : rng_(seed) {}
  void fill(MutableBytes out) override {
    rng_.fill(out);
    if (out.size() != 8) return;  // a key
    const auto index = static_cast<std::uint8_t>(out[7] % 3);
    std::fill(out.begin(), out.end(), std::uint8_t{0});
    out[7] = index;
  }

 private:
  SeededRng rng_;
};

}  // namespace

TEST_CASE("handshake: two members") {
  Host a(kA, 1);
  Host b(kB, 2);
  a.be_member(1, 101);
  b.be_member(1, 102);
  World world({&a, &b});
  const AttemptId attempt = world.start(a, 1, {b.address});
  CHECK(a.handshakes.next_timeout() == world.now);
  world.run(seconds(0));
  check_pair(a, b);
  const Established& at_a = *a.established()[0];
  const Established& at_b = *b.established()[0];
  CHECK(at_a.attempt == attempt);
  const auto own_key = [](std::uint64_t seed) {
    return make_credentials(1, 1, Scope::member, Side::member, seed).static_key.public_key();
  };
  CHECK(at_a.remote == own_key(102));
  CHECK(at_b.remote == own_key(101));
  CHECK(at_a.lower_key_initiated == (own_key(101) < own_key(102)));
  CHECK(at_a.remote_side == Side::member);
  CHECK(at_a.remote_membership == Buffer(300, 102));
  CHECK(at_b.remote_membership == Buffer(300, 101));
  CHECK(at_b.credentials_id == 1);
  CHECK(b.handshakes.half_open() == 0);
  CHECK(world.first(DatagramKind::handshake_1).payload.size() == kMessage1Size);
  CHECK(world.first(DatagramKind::handshake_2).payload.size() <= kMessage1Size);
}

TEST_CASE("handshake: a joiner and a member, either may begin") {
  for (const bool joiner_begins : {true, false}) {
    Host joiner(kA, 1);
    Host member(kC, 2);
    joiner.be_joiner(1, 101);
    member.be_member(1, 102);
    World world({&joiner, &member});
    Host& initiator = joiner_begins ? joiner : member;
    Host& responder = joiner_begins ? member : joiner;
    world.start(initiator, 2, {responder.address});
    world.run(seconds(0));
    check_pair(initiator, responder);
    CHECK(joiner.established()[0]->remote_side == Side::member);
    CHECK(joiner.established()[0]->remote_membership == Buffer(300, 102));
    CHECK(member.established()[0]->remote_side == Side::joiner);
    CHECK(member.established()[0]->remote_membership.empty());
    CHECK(member.established()[0]->credentials_id == 2);
  }
}

TEST_CASE("handshake: the largest membership fits") {
  Host a(kA, 1);
  Host b(kC, 2);
  for (Host* host : {&a, &b}) {
    std::vector<Credentials> list;
    list.push_back(make_credentials(1, 1, Scope::member, Side::member, host == &a ? 1 : 2));
    list[0].membership = Buffer(kMaxMembershipSize, 9);
    host->handshakes.set_credentials(std::move(list));
  }
  World world({&a, &b});
  world.start(a, 1, {b.address});
  world.run(seconds(0));
  check_pair(a, b);
  CHECK(world.first(DatagramKind::handshake_2).payload.size() <= kMessage1Size);
}

TEST_CASE("handshake: calls at 0, 0.25, 0.5, 1, 2, ... 9 s, then gives up") {
  Host a(kA, 1);
  a.be_member(1, 101);
  World world({&a});
  const Instant start = world.now;
  std::vector<std::int64_t> times;
  std::vector<Buffer> messages;
  world.is_lost = [&](const Packet& packet) {
    if (packet.to == endpoint(kB)) {
      times.push_back((world.now - start).milliseconds());
      messages.push_back(packet.payload);
    }
    return true;
  };
  const AttemptId attempt = world.start(a, 1, {endpoint(kB), endpoint(kC), endpoint(kB)});
  world.run(milliseconds(9'999));
  CHECK(times == std::vector<std::int64_t>{0, 250, 500, 1000, 2000, 3000, 4000, 5000, 6000, 7000,
                                           8000, 9000});
  CHECK(world.sent.size() == 2 * times.size());
  for (const Buffer& message : messages) CHECK(message == messages[0]);
  CHECK(a.events.empty());
  world.run(milliseconds(1));
  REQUIRE(a.failed().size() == 1);
  CHECK(a.failed()[0].attempt == attempt);
  CHECK(a.failed()[0].credentials_id == 1);
  CHECK(a.failed()[0].reason == FailureReason::timeout);
  CHECK(a.handshakes.next_timeout() == Instant::never());
}

TEST_CASE("handshake: a probe calls at 0, 1 and 3 s, and gives up after 5") {
  Host a("192.0.2.1:4001", 1);
  a.be_member(1, 11);
  World world({&a});
  const Endpoint nobody = endpoint("192.0.2.9:4001");
  const Instant begin = world.now;
  const AttemptId attempt = a.handshakes.start(begin, 1, {&nobody, 1}, Effort::probe);
  std::vector<std::int64_t> calls;
  while (a.failed().empty() && world.now - begin < seconds(20)) {
    world.run(milliseconds(10));
    while (calls.size() < world.sent.size()) calls.push_back((world.now - begin).milliseconds());
  }
  for (std::int64_t& call : calls) call -= call % 1000;  // the steps of this test
  CHECK(calls == std::vector<std::int64_t>{0, 1000, 3000});
  REQUIRE(a.failed().size() == 1);
  CHECK(a.failed().front().attempt == attempt);
  CHECK((world.now - begin).seconds() == 5);
}

TEST_CASE(
    "handshake: candidates that come late are called at once, the ninth pushes the first out") {
  Host a(kA, 1);
  Host b(kB, 2);
  a.be_member(1, 101);
  b.be_member(1, 102);
  World world({&a, &b});
  std::vector<Endpoint> dead;
  for (std::uint16_t port = 1; port <= 9; ++port) dead.push_back({endpoint(kC).address, port});
  const AttemptId attempt = world.start(a, 1, dead);
  world.run(milliseconds(100));
  CHECK(world.sent.size() == 8);
  const std::vector<Endpoint> more = {endpoint("0.0.0.0:1"), dead[3], b.address};
  a.handshakes.add_candidates(world.now, attempt, more);
  world.run(seconds(0));
  CHECK(world.sent.size() == 8 + 3);  // one message 1, its answer, message 3
  check_pair(a, b);

  a.handshakes.add_candidates(world.now, attempt, dead);  // too late: no effect
  world.run(milliseconds(400));
  CHECK(world.count(DatagramKind::handshake_1) == 9);
}

TEST_CASE("handshake: the first that answers is it") {
  Host a(kA, 1);
  Host b(kB, 2);
  Host c(kC, 3);
  a.be_member(1, 101);
  b.be_member(1, 102);
  c.be_member(1, 103);
  World world({&a, &b, &c});
  world.start(a, 1, {b.address, c.address});
  world.run(seconds(20));
  CHECK(a.established().size() == 1);
  CHECK(a.established()[0]->from == b.address);
  CHECK(b.established().size() == 1);
  CHECK(c.established().empty());
  CHECK(c.handshakes.half_open() == 0);
  CHECK(a.dropped(HandshakeDrop::duplicate) == 1);
}

TEST_CASE("handshake: message 3 is repeated until data arrives, or for 5 s") {
  for (const bool confirmed : {true, false}) {
    Host a(kA, 1);
    Host b(kB, 2);
    a.be_member(1, 101);
    b.be_member(1, 102);
    World world({&a, &b});
    world.start(a, 1, {b.address});
    world.run(milliseconds(1'200));
    CHECK(world.count(DatagramKind::handshake_3) == 3);
    if (confirmed) a.handshakes.confirm(a.established()[0]->session->local_index());
    world.run(seconds(20));
    CHECK(world.count(DatagramKind::handshake_3) == (confirmed ? 3 : 10));
    CHECK(b.established().size() == 1);
    CHECK(b.dropped(HandshakeDrop::duplicate) == world.count(DatagramKind::handshake_3) - 1);
    CHECK(a.failed().empty());
  }
}

TEST_CASE("handshake: both begin at once and agree on one of the two sessions") {
  for (std::uint64_t seed = 1; seed <= 4; ++seed) {
    Host a(kA, seed);
    Host b(kB, seed + 100);
    a.be_member(1, 100 + seed);
    b.be_member(1, 200 + seed);
    World world({&a, &b});
    world.start(a, 1, {b.address});
    world.start(b, 1, {a.address});
    world.run(seconds(1));
    REQUIRE(a.established().size() == 2);
    REQUIRE(b.established().size() == 2);
    std::vector<std::array<std::uint8_t, 64>> chosen;
    for (const Host* host : {&a, &b}) {
      for (const Established* one : host->established()) {
        if (one->lower_key_initiated) chosen.push_back(one->session->handshake_hash());
      }
    }
    REQUIRE(chosen.size() == 2);
    CHECK(chosen[0] == chosen[1]);
  }
}

TEST_CASE("handshake: ciphers are negotiated") {
  constexpr crypto::AeadMask chacha = 1;
  constexpr crypto::AeadMask aes = 2;
  if ((crypto::supported_aeads() & aes) == 0) return;
  struct Case {
    crypto::AeadMask a, b;
    std::optional<crypto::Aead> chosen;
  };
  for (const Case& one :
       {Case{3, 3, crypto::Aead::aes_256_gcm}, Case{chacha, 3, crypto::Aead::chacha20_poly1305},
        Case{3, chacha, crypto::Aead::chacha20_poly1305}, Case{3, aes, crypto::Aead::aes_256_gcm},
        Case{~crypto::AeadMask{0}, 3, crypto::Aead::aes_256_gcm},
        Case{chacha, aes, std::nullopt}}) {
    HandshakeSettings settings_a;
    HandshakeSettings settings_b;
    settings_a.aead_mask = one.a;
    settings_b.aead_mask = one.b;
    Host a(kA, 1, settings_a);
    Host b(kB, 2, settings_b);
    a.be_member(1, 101);
    b.be_member(1, 102);
    World world({&a, &b});
    world.start(a, 1, {b.address});
    world.run(seconds(16));
    if (one.chosen) {
      check_pair(a, b);
      CHECK(a.established()[0]->session->aead() == *one.chosen);
    } else {
      REQUIRE(a.failed().size() == 1);
      CHECK(a.failed()[0].reason == FailureReason::cipher);
      CHECK(b.dropped(HandshakeDrop::cipher) == 1);
      CHECK(b.events.empty());
      CHECK(b.handshakes.half_open() == 0);
    }
  }
}

TEST_CASE("handshake: another version is told apart, and does not stop a fitting peer") {
  HandshakeSettings newer;
  newer.version = 2;
  Host a(kA, 1);
  Host b(kB, 2, newer);
  Host c(kC, 3);
  a.be_member(1, 101);
  b.be_member(1, 102);
  c.be_member(1, 103);
  World world({&a, &b, &c});
  world.start(a, 1, {b.address});
  world.run(seconds(16));
  REQUIRE(a.failed().size() == 1);
  CHECK(a.failed()[0].reason == FailureReason::version);
  CHECK(a.dropped(HandshakeDrop::version) > 0);
  CHECK(b.dropped(HandshakeDrop::version) == 1);
  CHECK(b.events.empty());
  world.start(a, 1, {b.address, c.address});
  world.run(seconds(16));
  REQUIRE(a.established().size() == 1);
  CHECK(a.established()[0]->from == c.address);
}

TEST_CASE("handshake: roles that do not fit get no answer") {
  Host member_a(kA, 1);
  Host member_b(kB, 2);
  member_a.be_member(1, 101);
  member_b.be_member(1, 102);
  SUBCASE("two members at the newcomers' door") {
    World world({&member_a, &member_b});
    world.start(member_a, 2, {member_b.address});
    world.run(seconds(11));
    CHECK(member_b.dropped(HandshakeDrop::wrong_role) > 0);
    CHECK(world.count(DatagramKind::handshake_2) == 0);
  }
  SUBCASE("two joiners") {
    Host joiner_c(kC, 3);
    member_a.be_joiner(1, 101);
    joiner_c.be_joiner(1, 103);
    World world({&member_a, &joiner_c});
    world.start(member_a, 2, {joiner_c.address});
    world.run(seconds(11));
    CHECK(joiner_c.dropped(HandshakeDrop::wrong_role) > 0);
    CHECK(world.count(DatagramKind::handshake_2) == 0);
  }
  SUBCASE("a joiner at the members' door") {
    std::vector<Credentials> list;
    list.push_back(make_credentials(1, 1, Scope::member, Side::joiner, 101));
    member_a.handshakes.set_credentials(std::move(list));
    World world({&member_a, &member_b});
    world.start(member_a, 1, {member_b.address});
    world.run(seconds(11));
    CHECK(member_b.dropped(HandshakeDrop::wrong_role) > 0);
    CHECK(world.count(DatagramKind::handshake_2) == 0);
  }
}

TEST_CASE("handshake: messages that come back to their sender are ignored") {
  Host a(kA, 1);
  a.be_member(1, 101);
  World world({&a});
  world.start(a, 1, {a.address});
  world.run(seconds(11));
  CHECK(a.dropped(HandshakeDrop::loop_back) == 12);
  CHECK(world.sent.size() == 12);
  CHECK(a.established().empty());

  // A second host with the same keys: a copied machine.
  Host twin(kB, 2);
  twin.be_member(1, 101);
  World both({&a, &twin});
  both.start(a, 1, {twin.address});
  both.run(seconds(11));
  CHECK(a.established().empty());
  CHECK(twin.established().empty());
  CHECK(a.dropped(HandshakeDrop::loop_back) > 12);
}

TEST_CASE("handshake: strangers get silence, and networks do not mix") {
  Host a(kA, 1);
  Host b(kB, 2);
  a.be_member(1, 101);
  b.be_member(2, 102);
  World world({&a, &b});
  world.start(a, 1, {b.address});
  world.start(a, 2, {b.address});
  world.run(seconds(11));
  CHECK(world.count(DatagramKind::handshake_1) == world.sent.size());
  CHECK(b.dropped(HandshakeDrop::stranger) == 24);
  CHECK(a.failed().size() == 2);
  CHECK(b.events.empty());
}

// With the MAC key (which whoever is in the DHT under the rendezvous could have) but another
// network id, scope or secret, Noise itself refuses.
TEST_CASE("handshake: the MAC key alone opens nothing") {
  for (int what = 0; what < 3; ++what) {
    Host a(kA, 1);
    Host b(kB, 2);
    b.be_member(1, 102);
    Credentials wrong = make_credentials(1, 1, Scope::member, Side::member, 101);
    if (what == 0) wrong.network_id[0] ^= 1;
    if (what == 1) wrong.psk.mutable_bytes()[31] ^= 1;
    if (what == 2) wrong.scope = Scope::join;
    std::vector<Credentials> list;
    list.push_back(std::move(wrong));
    a.handshakes.set_credentials(std::move(list));
    World world({&a, &b});
    world.start(a, 1, {b.address});
    world.run(seconds(11));
    CHECK(b.dropped(HandshakeDrop::undecipherable) == 12);
    CHECK(world.count(DatagramKind::handshake_1) == world.sent.size());
    CHECK(b.events.empty());
  }
}

TEST_CASE("handshake: one host in two networks") {
  Host a(kA, 1);
  Host b(kB, 2);
  for (Host* host : {&a, &b}) {
    std::vector<Credentials> list;
    const std::uint64_t key = host == &a ? 101 : 102;
    list.push_back(make_credentials(10, 1, Scope::member, Side::member, key));
    list.push_back(make_credentials(20, 2, Scope::member, Side::member, key));
    host->handshakes.set_credentials(std::move(list));
  }
  World world({&a, &b});
  world.start(a, 20, {b.address});
  world.start(a, 10, {b.address});
  world.run(seconds(0));
  REQUIRE(a.established().size() == 2);
  REQUIRE(b.established().size() == 2);
  std::array<Session*, 2> of_a{};
  std::array<Session*, 2> of_b{};
  for (const Established* one : a.established()) {
    of_a[one->credentials_id / 10 - 1] = one->session.get();
  }
  for (const Established* one : b.established()) {
    of_b[one->credentials_id / 10 - 1] = one->session.get();
  }
  CHECK(talk(*of_a[0], *of_b[0]));
  CHECK(talk(*of_a[1], *of_b[1]));
  // Data of one network under the index of the other.
  auto datagram = of_a[0]->seal_message(BodyKind::control, as_bytes("hello"));
  REQUIRE(datagram);
  write_data_header(*datagram, {of_b[1]->local_index(), 5});
  CHECK(std::get<DataDrop>(of_b[1]->open(*datagram)) == DataDrop::forged);
}

TEST_CASE("handshake: cancelled and withdrawn ones end silently") {
  Host a(kA, 1);
  Host b(kB, 2);
  a.be_member(1, 101);
  b.be_member(1, 102);
  World world({&a, &b});
  world.is_lost = [](const Packet& packet) { return packet.kind() == DatagramKind::handshake_2; };
  const AttemptId attempt = world.start(a, 1, {b.address});
  world.start(a, 2, {endpoint(kC)});
  world.run(milliseconds(600));
  CHECK(b.handshakes.half_open() == 1);
  a.handshakes.cancel(attempt);
  a.handshakes.cancel(attempt);
  a.handshakes.set_credentials({});
  b.handshakes.set_credentials({});
  CHECK(b.handshakes.half_open() == 0);
  const std::size_t sent = world.sent.size();
  world.run(seconds(20));
  CHECK(world.sent.size() == sent);
  CHECK(a.events.empty());
  CHECK(a.handshakes.next_timeout() == Instant::never());
  CHECK(b.handshakes.next_timeout() == Instant::never());
}

TEST_CASE("handshake: an index is free again when its session is") {
  Host a(kA, 1);
  Host b(kB, 2);
  a.be_member(1, 101);
  b.be_member(1, 102);
  World world({&a, &b});
  for (int i = 0; i < 5; ++i) {
    world.start(a, 1, {b.address});
    world.run(seconds(1));
    REQUIRE(a.established().size() == 1);
    REQUIRE(b.established().size() == 1);
    for (Host* host : {&a, &b}) {
      host->handshakes.release_index(host->established()[0]->session->local_index());
      CHECK(host->handshakes.next_timeout() == Instant::never());
      host->events.clear();
    }
  }
}

TEST_CASE("handshake: an index is not given out twice") {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    ThreeIndices rng(seed);
    Handshakes handshakes({}, rng);
    std::vector<Credentials> list;
    list.push_back(make_credentials(1, 1, Scope::member, Side::member, 102));
    handshakes.set_credentials(std::move(list));
    Host a(kA, seed);
    a.be_member(1, 101);
    std::vector<SessionIndex> indices;
    Instant now{seconds(50).nanoseconds};
    for (int i = 0; i < 3; ++i) {
      const Endpoint to = endpoint(kB);
      a.handshakes.start(now, 1, {&to, 1});
      Datagrams messages;
      HandshakeEvents events;
      a.handshakes.handle_timeout(now, messages, events);
      handshakes.handle_datagram(now, a.address, Buffer(messages[0].payload), messages, events);
      a.handshakes.handle_datagram(now, to, Buffer(messages[1].payload), messages, events);
      events.clear();
      handshakes.handle_datagram(now, a.address, Buffer(messages[2].payload), messages, events);
      REQUIRE(events.size() == 1);
      indices.push_back(std::get<Established>(events[0]).session->local_index());
      now = now + seconds(20);  // the handshake is forgotten, the session is not
      handshakes.handle_timeout(now, messages, events);
      a.handshakes.handle_timeout(now, messages, events);
    }
    std::sort(indices.begin(), indices.end());
    CHECK(indices == std::vector<SessionIndex>{1, 2, 3});
  }
}

TEST_CASE("handshake: finished ones do not count against their source") {
  Host a(kA, 1);
  Host b(kB, 2);
  a.be_member(1, 101);
  b.be_member(1, 102);
  World world({&a, &b});
  for (int i = 0; i < 20; ++i) {
    world.start(a, 1, {b.address});
    world.run(milliseconds(1));
  }
  CHECK(b.established().size() == 20);
  const std::size_t sent = world.sent.size();
  world.deliver(world.first(DatagramKind::handshake_1));
  CHECK(world.sent.size() == sent);  // the first is still remembered
}
