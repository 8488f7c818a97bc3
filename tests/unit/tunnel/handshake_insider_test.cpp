// SPDX-License-Identifier: Apache-2.0
// A peer that has all keys of the network and speaks Noise, but not as protocol.md says.
#include <doctest/doctest.h>

#include "core/tunnel/handshake_context.h"
#include "core/tunnel/macs.h"
#include "tests/unit/tunnel/harness.h"

using namespace lanyard;
using namespace lanyard::tunnel;
using namespace lanyard::tunnel::test;
using crypto::noise::Role;

namespace {

constexpr std::string_view kHonest = "192.0.2.1:1001";
const Endpoint kInsider = endpoint("192.0.2.66:6666");
constexpr SessionIndex kIndex = 0xabcdef;
const Hello kHello = {3, kIndex, Side::member, kProtocolVersion};

// One handshake of the insider's, as either role.
class Insider {
 public:
  Insider(Role role, std::uint64_t key_seed)
      : rng_(role == Role::initiator ? 5 : 6),
        credentials_(make_credentials(1, 1, Scope::member, Side::member, key_seed)),
        noise_(begin_noise(credentials_, role, rng_)) {}

  Buffer write(DatagramKind kind, SessionIndex index, Bytes payload) {
    const auto message = noise_.write_message(payload);
    REQUIRE(message);
    Buffer out = handshake_datagram(kind, index, *message);
    write_mac1(out, credentials_.mac_key);
    return out;
  }
  Buffer read(Bytes datagram) {
    auto payload = noise_.read_message(datagram.subspan(kHandshakeHeaderSize));
    REQUIRE(payload);
    return *std::move(payload);
  }
  void alter_and_sign(Buffer& datagram) const {
    datagram.back() ^= 1;
    write_mac1(datagram, credentials_.mac_key);
  }

 private:
  SeededRng rng_;
  Credentials credentials_;
  crypto::noise::Handshake noise_;
};

struct Honest : Host {
  Honest() : Host(kHonest, 1) { be_member(1, 101); }

  Datagrams receive(Bytes datagram, const Endpoint& from = kInsider) {
    Datagrams out;
    handshakes.handle_datagram(now, from, datagram, out, events);
    return out;
  }
  // Message 1 of a handshake with the insider.
  Buffer call() {
    handshakes.start(now, 1, {&kInsider, 1});
    Datagrams out;
    handshakes.handle_timeout(now, out, events);
    return out.at(0).payload;
  }

  Instant now{seconds(100).nanoseconds};
};

Buffer padded(Bytes payload) {
  Buffer out = to_buffer(payload);
  out.resize(kMessage1Size - kHandshakeHeaderSize - 48);
  return out;
}

}  // namespace

TEST_CASE("insider: a message 1 whose header lies about the index, or that is no dict") {
  Honest honest;
  Insider liar(Role::initiator, 166);
  const Buffer payload = encode_payload_1(kHello, 1016);
  CHECK(honest.receive(liar.write(DatagramKind::handshake_1, 1, payload)).empty());
  Insider babbler(Role::initiator, 166);
  CHECK(honest.receive(babbler.write(DatagramKind::handshake_1, kIndex, padded({}))).empty());
  CHECK(honest.dropped(HandshakeDrop::malformed) == 2);
  CHECK(honest.handshakes.half_open() == 0);
  Insider correct(Role::initiator, 166);
  CHECK(honest.receive(correct.write(DatagramKind::handshake_1, kIndex, payload)).size() == 1);
}

TEST_CASE("insider: a message 3 with our own key, without a membership, or that is no dict") {
  struct Case {
    std::uint64_t key_seed;
    Buffer payload;
    HandshakeDrop reason;
  };
  const Introduction introduction = {Buffer(9, 'm'), std::nullopt};
  for (const Case& one :
       {Case{101, encode_payload_3(introduction), HandshakeDrop::loop_back},
        Case{166, encode_payload_3({}), HandshakeDrop::malformed},
        Case{166, encode_payload_3({Buffer(kMaxMembershipSize + 1), {}}), HandshakeDrop::malformed},
        Case{166, Buffer(3, 'x'), HandshakeDrop::malformed},
        Case{166, encode_payload_3(introduction), HandshakeDrop::count_}}) {
    Honest honest;
    Insider insider(Role::initiator, one.key_seed);
    const Datagrams answer = honest.receive(
        insider.write(DatagramKind::handshake_1, kIndex, encode_payload_1(kHello, 1016)));
    REQUIRE(answer.size() == 1);
    CHECK(parse_handshake(answer[0].payload)->index == kIndex);
    CHECK(honest.handshakes.half_open() == 1);
    const auto payload = parse_payload_2(insider.read(answer[0].payload));
    REQUIRE(payload);
    honest.receive(insider.write(DatagramKind::handshake_3, payload->hello.index, one.payload));
    CHECK(honest.handshakes.half_open() == 0);
    if (one.reason == HandshakeDrop::count_) {
      CHECK(honest.established().size() == 1);
    } else {
      CHECK(honest.dropped(one.reason) == 1);
      CHECK(honest.events.empty());
    }
  }
}

TEST_CASE("insider: a senseless message 2 does not end the attempt") {
  Honest honest;
  const Buffer call = honest.call();
  const SessionIndex index = parse_handshake(call)->index;
  const auto answer = [&](Bytes payload) {
    Insider insider(Role::responder, 166);
    insider.read(call);
    return honest.receive(insider.write(DatagramKind::handshake_2, index, payload));
  };
  const Introduction introduction = {Buffer(9, 'm'), std::nullopt};
  Hello joiner = kHello;
  joiner.side = Side::joiner;
  Hello no_cipher = kHello;
  no_cipher.aead_mask = 0;
  CHECK(answer(as_bytes("de")).empty());
  CHECK(answer(encode_payload_2({kHello, {}})).empty());  // a member without a membership
  CHECK(honest.dropped(HandshakeDrop::malformed) == 2);
  CHECK(answer(encode_payload_2({joiner, {}})).empty());
  CHECK(honest.dropped(HandshakeDrop::wrong_role) == 1);
  CHECK(answer(encode_payload_2({no_cipher, introduction})).empty());
  CHECK(honest.dropped(HandshakeDrop::cipher) == 1);
  CHECK(honest.events.empty());
  CHECK(answer(encode_payload_2({kHello, introduction})).size() == 1);
  CHECK(honest.established().size() == 1);
}

TEST_CASE("insider: forged messages 2 cost one source's share alone") {
  Honest honest;
  const Buffer call = honest.call();
  const SessionIndex index = parse_handshake(call)->index;
  Insider insider(Role::responder, 166);
  insider.read(call);
  const Buffer right = insider.write(DatagramKind::handshake_2, index,
                                     encode_payload_2({kHello, {Buffer(9, 'm'), std::nullopt}}));
  Buffer forged = right;
  insider.alter_and_sign(forged);
  for (int i = 0; i < 100; ++i) CHECK(honest.receive(forged).empty());
  CHECK(honest.dropped(HandshakeDrop::undecipherable) == 64);
  CHECK(honest.dropped(HandshakeDrop::rate_limited) == 36);
  CHECK(honest.receive(right).empty());
  CHECK(honest.receive(right, endpoint("192.0.2.67:1")).size() == 1);
}

TEST_CASE("macs: what they cover") {
  const Credentials credentials = make_credentials(1, 1, Scope::member, Side::member, 1);
  const Cookie cookie = {1, 2, 3};
  Buffer datagram = handshake_datagram(DatagramKind::handshake_2, 0x010203, Buffer(50, 7));
  write_mac1(datagram, credentials.mac_key);
  write_mac2(datagram, cookie);
  const Bytes bytes = datagram;
  CHECK(equal(bytes.subspan(4, 16), crypto::blake2b_128(credentials.mac_key.bytes(),
                                                        {bytes.first(4), bytes.subspan(36)})));
  CHECK(equal(bytes.subspan(20, 16),
              crypto::blake2b_128(cookie, {bytes.first(20), bytes.subspan(36)})));
  const auto view = parse_handshake(datagram);
  REQUIRE(view);
  CHECK(has_mac1(*view, credentials.mac_key));
  CHECK_FALSE(has_mac1(*view, credentials.cookie_key));
  CHECK(has_mac2(*view, cookie));
  CHECK_FALSE(has_mac2(*view, Cookie{}));
}
