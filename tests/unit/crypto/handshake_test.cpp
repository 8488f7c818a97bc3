// SPDX-License-Identifier: Apache-2.0
// What a handshake does with messages that are not what the peer sent, and with wrong set-ups.
#include "core/crypto/noise/handshake.h"

#include <doctest/doctest.h>

using namespace lanyard;
using namespace lanyard::crypto;
using namespace lanyard::crypto::noise;

namespace {

constexpr std::string_view kName = "Noise_XXpsk0_25519_ChaChaPoly_SHA512";

Setup setup(Role role, std::uint64_t seed) {
  SeededRng rng(seed);
  Setup out;
  out.name = kName;
  out.role = role;
  out.prologue = as_bytes("prologue");
  out.static_key = NoiseKey::generate(rng);
  SeededRng common(99);
  out.psks.push_back(Secret<32>::random(common));
  return out;
}

Handshake create(Setup from, std::uint64_t seed) {
  SeededRng rng(seed);
  return std::move(*Handshake::create(std::move(from), rng));
}

struct Pair {
  Handshake initiator = create(setup(Role::initiator, 1), 11);
  Handshake responder = create(setup(Role::responder, 2), 12);

  Handshake& sender(std::size_t message) { return message % 2 == 0 ? initiator : responder; }
  Handshake& receiver(std::size_t message) { return message % 2 == 0 ? responder : initiator; }
};

bool creates(Setup from) {
  SeededRng rng(5);
  return Handshake::create(std::move(from), rng).has_value();
}

}  // namespace

TEST_CASE("Handshake: both sides learn the other's key and agree") {
  Pair pair;
  const auto initiator_key = setup(Role::initiator, 1).static_key->public_key();
  CHECK_FALSE(pair.responder.remote_ephemeral());
  for (std::size_t i = 0; i < 3; ++i) {
    const auto message = pair.sender(i).write_message(as_bytes("hello"));
    REQUIRE(message);
    CHECK(pair.receiver(i).read_message(*message) == to_buffer(as_bytes("hello")));
  }
  CHECK(pair.initiator.is_finished());
  CHECK(pair.responder.is_finished());
  CHECK(pair.responder.remote_static() == initiator_key);
  CHECK(pair.responder.remote_ephemeral() == pair.initiator.local_ephemeral());
  CHECK(pair.initiator.handshake_hash() == pair.responder.handshake_hash());
  const Split left = pair.initiator.split();
  const Split right = pair.responder.split();
  CHECK(equal(left.initiator_to_responder.bytes(), right.initiator_to_responder.bytes()));
  CHECK(equal(left.responder_to_initiator.bytes(), right.responder_to_initiator.bytes()));
  CHECK_FALSE(equal(left.initiator_to_responder.bytes(), left.responder_to_initiator.bytes()));
}

TEST_CASE("Handshake: the same seed gives the same bytes, another gives others") {
  Handshake one = create(setup(Role::initiator, 1), 11);
  Handshake same = create(setup(Role::initiator, 1), 11);
  Handshake other = create(setup(Role::initiator, 1), 12);
  const Buffer bytes = *one.write_message({});
  CHECK(bytes == *same.write_message({}));
  CHECK(bytes != *other.write_message({}));
}

TEST_CASE("Handshake: a changed, cut or lengthened message is refused and does no harm") {
  Pair pair;
  for (std::size_t i = 0; i < 3; ++i) {
    CAPTURE(i);
    const Buffer message = *pair.sender(i).write_message(as_bytes("payload"));
    Handshake& receiver = pair.receiver(i);
    const Hash512 before = receiver.handshake_hash();
    for (std::size_t at = 0; at < message.size(); ++at) {
      CAPTURE(at);
      Buffer changed = message;
      changed[at] ^= static_cast<std::uint8_t>(1U << at % 8);
      CHECK_FALSE(receiver.read_message(changed));
      CHECK_FALSE(receiver.read_message(Bytes(message).first(at)));
    }
    Buffer longer = message;
    longer.push_back(0);
    CHECK_FALSE(receiver.read_message(longer));
    CHECK_FALSE(receiver.read_message(Buffer(kMaxMessageSize + 1)));
    CHECK(receiver.handshake_hash() == before);
    if (i == 0) CHECK_FALSE(receiver.remote_ephemeral());
    CHECK(receiver.read_message(message) == to_buffer(as_bytes("payload")));
  }
  CHECK(pair.initiator.handshake_hash() == pair.responder.handshake_hash());
}

TEST_CASE("Handshake: another psk, prologue or static key does not pass") {
  Handshake initiator = create(setup(Role::initiator, 1), 11);
  const Buffer message = *initiator.write_message({});

  Setup other_psk = setup(Role::responder, 2);
  other_psk.psks[0].mutable_bytes()[31] ^= 1;
  CHECK_FALSE(create(std::move(other_psk), 12).read_message(message));

  Setup other_prologue = setup(Role::responder, 2);
  other_prologue.prologue = as_bytes("Prologue");
  CHECK_FALSE(create(std::move(other_prologue), 12).read_message(message));

  // An answer to another initiator, under the same psk.
  Handshake stranger = create(setup(Role::initiator, 1), 13);
  Handshake responder = create(setup(Role::responder, 2), 12);
  REQUIRE(responder.read_message(*stranger.write_message({})));
  CHECK_FALSE(initiator.read_message(*responder.write_message({})));
}

TEST_CASE("Handshake: a clone reads on trial, and the original goes on as if it had not") {
  Pair pair;
  const Buffer first = *pair.initiator.write_message(as_bytes("payload"));
  Handshake trial = pair.responder.clone();
  CHECK(trial.read_message(first) == to_buffer(as_bytes("payload")));
  CHECK(trial.is_my_turn());
  CHECK_FALSE(pair.responder.is_my_turn());
  CHECK_FALSE(pair.responder.remote_ephemeral());
  CHECK(pair.responder.read_message(first) == to_buffer(as_bytes("payload")));
  CHECK(trial.handshake_hash() == pair.responder.handshake_hash());
  CHECK(trial.write_message({}).value() == pair.responder.write_message({}).value());
}

TEST_CASE("SymmetricState: a name fills up the first hash, a longer one is hashed") {
  const std::string name(64, 'n');
  CHECK(as_text(SymmetricState(name, Aead::chacha20_poly1305).handshake_hash()) == name);
  const Hash512 padded = SymmetricState("short", Aead::chacha20_poly1305).handshake_hash();
  CHECK(as_text(padded).substr(0, 6) == std::string_view("short\0", 6));
  const std::string longer = name + "n";
  CHECK(SymmetricState(longer, Aead::chacha20_poly1305).handshake_hash() ==
        sha512({as_bytes(longer)}));
}

TEST_CASE("Handshake: turns are kept") {
  Pair pair;
  CHECK_FALSE(pair.responder.write_message({}));
  CHECK_FALSE(pair.initiator.read_message(Buffer(48)));
  const Buffer first = *pair.initiator.write_message({});
  CHECK_FALSE(pair.initiator.write_message({}));
  // One's own message, looped back.
  CHECK_FALSE(pair.initiator.read_message(first));
  REQUIRE(pair.responder.read_message(first));
  CHECK_FALSE(pair.responder.read_message(first));
  REQUIRE(pair.initiator.read_message(*pair.responder.write_message({})));
  REQUIRE(pair.responder.read_message(*pair.initiator.write_message({})));
  CHECK_FALSE(pair.initiator.write_message({}));
  CHECK_FALSE(pair.responder.write_message({}));
  CHECK_FALSE(pair.initiator.read_message(first));
  CHECK_FALSE(pair.initiator.is_my_turn());
}

TEST_CASE("Handshake: a message is at most 65535 bytes, and a refused one spoils nothing") {
  Pair pair;
  const std::size_t room = kMaxMessageSize - kNoiseKeySize - kTagSize;
  CHECK_FALSE(pair.initiator.write_message(Buffer(room + 1)));
  const auto message = pair.initiator.write_message(Buffer(room));
  REQUIRE(message);
  CHECK(message->size() == kMaxMessageSize);
  CHECK(pair.responder.read_message(*message) == Buffer(room));
}

TEST_CASE("Handshake: a peer's key of small order is refused") {
  SeededRng rng(1);
  Setup plain;
  plain.name = "Noise_NN_25519_ChaChaPoly_SHA512";
  plain.role = Role::responder;
  Handshake responder = create(std::move(plain), 2);
  REQUIRE(responder.read_message(Buffer(32)));
  const auto answer = responder.write_message({});
  REQUIRE_FALSE(answer);
  CHECK(answer.error().code == Errc::invalid);
}

TEST_CASE("Handshake: keys must be what the pattern asks for") {
  CHECK(creates(setup(Role::initiator, 1)));

  Setup no_psk = setup(Role::initiator, 1);
  no_psk.psks.clear();
  CHECK_FALSE(creates(std::move(no_psk)));

  Setup two_psks = setup(Role::initiator, 1);
  two_psks.psks.push_back(two_psks.psks[0].clone());
  CHECK_FALSE(creates(std::move(two_psks)));

  Setup no_static = setup(Role::responder, 1);
  no_static.static_key.reset();
  CHECK_FALSE(creates(std::move(no_static)));

  Setup too_much = setup(Role::initiator, 1);
  too_much.remote_static = too_much.static_key->public_key();
  CHECK_FALSE(creates(std::move(too_much)));

  Setup unknown_peer = setup(Role::initiator, 1);
  unknown_peer.name = "Noise_IKpsk0_25519_ChaChaPoly_SHA512";
  CHECK_FALSE(creates(std::move(unknown_peer)));
}
