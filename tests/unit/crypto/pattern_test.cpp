// SPDX-License-Identifier: Apache-2.0
#include "core/crypto/noise/pattern.h"

#include <doctest/doctest.h>

using namespace lanyard;
using namespace lanyard::crypto;
using namespace lanyard::crypto::noise;

TEST_CASE("protocol names: psk modifiers stand where they say") {
  const auto protocol = parse_protocol_name("Noise_XXpsk0+psk3_25519_AESGCM_SHA512");
  REQUIRE(protocol);
  CHECK(protocol->aead == Aead::aes_256_gcm);
  const auto& messages = protocol->pattern.messages;
  REQUIRE(messages.size() == 3);
  CHECK(messages[0] == std::vector{Token::psk, Token::e});
  CHECK(messages[1] == std::vector{Token::e, Token::ee, Token::s, Token::es});
  CHECK(messages[2] == std::vector{Token::s, Token::se, Token::psk});
  CHECK(protocol->pattern.psk_count() == 2);
}

TEST_CASE("protocol names: who has a static key, and who knows it") {
  const auto ik = parse_protocol_name("Noise_IK_25519_ChaChaPoly_SHA512");
  REQUIRE(ik);
  CHECK(ik->pattern.has_static(Role::initiator));
  CHECK(ik->pattern.has_static(Role::responder));
  CHECK(ik->pattern.static_key(Role::initiator) == StaticKey::not_known_before);
  CHECK(ik->pattern.static_key(Role::responder) == StaticKey::known_before);
  const auto nx = parse_protocol_name("Noise_NX_25519_ChaChaPoly_SHA512");
  REQUIRE(nx);
  CHECK_FALSE(nx->pattern.has_static(Role::initiator));
  CHECK(nx->pattern.has_static(Role::responder));
}

TEST_CASE("protocol names: what is refused") {
  for (const char* name : {"",
                           "Noise",
                           "Noise_",
                           "Noise_XX",
                           "noise_XX_25519_ChaChaPoly_SHA512",
                           "Noise__25519_ChaChaPoly_SHA512",
                           "Noise_N_25519_ChaChaPoly_SHA512",
                           "Noise_Kpsk0_25519_ChaChaPoly_SHA512",
                           "Noise_XXX_25519_ChaChaPoly_SHA512",
                           "Noise_XXfallback_25519_ChaChaPoly_SHA512",
                           "Noise_XXpsk_25519_ChaChaPoly_SHA512",
                           "Noise_XXpsk4_25519_ChaChaPoly_SHA512",
                           "Noise_XXpsk10_25519_ChaChaPoly_SHA512",
                           "Noise_XXpsk0+_25519_ChaChaPoly_SHA512",
                           "Noise_XX+psk0_25519_ChaChaPoly_SHA512",
                           "Noise_XXpsk0psk1_25519_ChaChaPoly_SHA512",
                           "Noise_XXpsk0+psk0_25519_ChaChaPoly_SHA512",
                           "Noise_XXpsk3+psk0_25519_ChaChaPoly_SHA512",
                           "Noise_XX_448_ChaChaPoly_SHA512",
                           "Noise_XX_25519_ChaChaPoly_SHA256",
                           "Noise_XX_25519_ChaChaPoly_BLAKE2b",
                           "Noise_XX_25519_ChaChaPoly_SHA512_",
                           "Noise_XX_25519__SHA512"}) {
    CAPTURE(name);
    const auto protocol = parse_protocol_name(name);
    REQUIRE_FALSE(protocol);
    CHECK(protocol.error().code == Errc::invalid);
    CHECK_FALSE(protocol.error().message.empty());
  }
}

TEST_CASE("protocol names: each prefix of a valid one is refused") {
  const std::string name = "Noise_XXpsk0+psk3_25519_ChaChaPoly_SHA512";
  REQUIRE(parse_protocol_name(name));
  for (std::size_t size = 0; size < name.size(); ++size) {
    CHECK_FALSE(parse_protocol_name(name.substr(0, size)));
  }
}
