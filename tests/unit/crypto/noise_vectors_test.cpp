// SPDX-License-Identifier: Apache-2.0
// Whole handshakes of both sides and the messages after them, against vectors in the format of
// Haskell's cacophony: every byte on the wire must be the same.
#include <algorithm>
#include <cstdio>

#include <doctest/doctest.h>

#include "core/crypto/noise/cipher_state.h"
#include "core/crypto/noise/handshake.h"
#include "tests/unit/crypto/vectors.h"

using namespace lanyard;
using namespace lanyard::crypto;
using namespace lanyard::crypto::noise;
using vectors::Json;

namespace {

Setup setup_of(const Json& vector, Role role, std::string_view name, Bytes prologue) {
  const std::string prefix = role == Role::initiator ? "init_" : "resp_";
  Setup setup;
  setup.name = name;
  setup.role = role;
  setup.prologue = prologue;
  if (const auto key = vectors::optional_hex(vector, (prefix + "static").c_str())) {
    setup.static_key = NoiseKey::from_bytes(*key);
  }
  if (const auto key = vectors::optional_hex(vector, (prefix + "remote_static").c_str())) {
    setup.remote_static = NoisePublicKey::from_bytes(*key);
  }
  setup.fixed_ephemeral =
      NoiseKey::from_bytes(vectors::hex(vector, (prefix + "ephemeral").c_str()));
  for (const Json& psk : vector.value(prefix + "psks", Json::array())) {
    setup.psks.push_back(std::move(*Secret<32>::from_bytes(*from_hex(psk.get<std::string>()))));
  }
  return setup;
}

Handshake start(const Json& vector, Role role) {
  const std::string name = vector.at("protocol_name").get<std::string>();
  const Buffer prologue =
      vectors::hex(vector, role == Role::initiator ? "init_prologue" : "resp_prologue");
  SeededRng unused(1);
  auto created = Handshake::create(setup_of(vector, role, name, prologue), unused);
  REQUIRE_MESSAGE(created, created.error().message);
  return std::move(*created);
}

void check_transport(const Json& message, CipherState& sender, CipherState& receiver) {
  const Buffer payload = vectors::hex(message, "payload");
  Buffer ciphertext;
  CHECK(sender.encrypt({}, payload, ciphertext));
  CHECK(to_hex(ciphertext) == message.at("ciphertext").get<std::string>());
  CHECK(receiver.decrypt({}, ciphertext) == payload);
}

void run(const Json& vector) {
  const std::string name = vector.at("protocol_name").get<std::string>();
  CAPTURE(name);
  Handshake initiator = start(vector, Role::initiator);
  Handshake responder = start(vector, Role::responder);
  const Json& messages = vector.at("messages");

  std::size_t i = 0;
  for (; !initiator.is_finished(); ++i) {
    CAPTURE(i);
    REQUIRE(i < messages.size());
    Handshake& sender = i % 2 == 0 ? initiator : responder;
    Handshake& receiver = i % 2 == 0 ? responder : initiator;
    REQUIRE(sender.is_my_turn());
    REQUIRE_FALSE(receiver.is_my_turn());
    const Buffer payload = vectors::hex(messages[i], "payload");
    const auto written = sender.write_message(payload);
    REQUIRE(written);
    CHECK(to_hex(*written) == messages[i].at("ciphertext").get<std::string>());
    CHECK(receiver.read_message(*written) == payload);
  }
  REQUIRE(responder.is_finished());
  CHECK(to_hex(initiator.handshake_hash()) == vector.at("handshake_hash").get<std::string>());
  CHECK(to_hex(responder.handshake_hash()) == vector.at("handshake_hash").get<std::string>());

  const Aead aead = parse_protocol_name(name)->aead;
  Split left = initiator.split();
  Split right = responder.split();
  CipherState to_responder_left(aead, std::move(left.initiator_to_responder));
  CipherState to_responder_right(aead, std::move(right.initiator_to_responder));
  CipherState to_initiator_left(aead, std::move(left.responder_to_initiator));
  CipherState to_initiator_right(aead, std::move(right.responder_to_initiator));
  REQUIRE(i < messages.size());
  for (; i < messages.size(); ++i) {
    CAPTURE(i);
    if (i % 2 == 0) {
      check_transport(messages[i], to_responder_left, to_responder_right);
    } else {
      check_transport(messages[i], to_initiator_right, to_initiator_left);
    }
  }
}

// What a name would have to be for us not to run it; judged apart from the parser under test.
bool is_out_of_scope(const std::string& name) {
  const std::string pattern = name.substr(6, name.find('_', 6) - 6);
  const bool one_way = pattern.size() == 1 || pattern[1] == 'p';  // N, K, X and Npsk0 and so on
  const bool fallback = pattern.find("fallback") != std::string::npos;
  const bool chacha = name.find("_25519_ChaChaPoly_SHA512") != std::string::npos;
  const bool aes = name.find("_25519_AESGCM_SHA512") != std::string::npos;
  const bool has_aes = (supported_aeads() & static_cast<AeadMask>(Aead::aes_256_gcm)) != 0;
  return one_way || fallback || !(chacha || (aes && has_aes));
}

// How many ran.
std::size_t run_all(const Json& file, const std::string& title) {
  std::size_t ran = 0;
  std::string skipped;
  for (const Json& vector : file.at("vectors")) {
    const std::string name = vector.at("protocol_name").get<std::string>();
    if (is_out_of_scope(name)) {
      skipped += " " + name;
      continue;
    }
    run(vector);
    ++ran;
  }
  std::printf("%s: %zu Noise vectors ran; skipped:%s\n", title.c_str(), ran,
              skipped.empty() ? " none" : skipped.c_str());
  return ran;
}

}  // namespace

TEST_CASE("Noise: our own vectors") { CHECK(run_all(vectors::own("noise.json"), "own") >= 36); }

TEST_CASE("Noise: the public vectors") {
  std::size_t ran = 0;
  const auto files = vectors::public_files("noise_");
  for (const auto& path : files) ran += run_all(vectors::read(path), path.filename().string());
  if (!files.empty()) CHECK(ran >= 40);
}
