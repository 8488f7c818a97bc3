// SPDX-License-Identifier: Apache-2.0
// Derivations, signatures and AEADs against tests/vectors, which an independent implementation
// made.
#include <doctest/doctest.h>

#include "core/base/endian.h"
#include "core/crypto/aead_backends.h"
#include "core/crypto/hash.h"
#include "core/crypto/noise_key.h"
#include "core/crypto/signing.h"
#include "tests/unit/crypto/vectors.h"

using namespace lanyard;
using namespace lanyard::crypto;
using vectors::Json;

namespace {

std::string derived(Bytes secret, std::string_view label, Bytes context) {
  return to_hex(derive(secret, label, context).bytes());
}

}  // namespace

TEST_CASE("own vectors: derive") {
  const Json file = vectors::own("derivation.json");
  for (const Json& vector : file.at("derive")) {
    CHECK(derived(vectors::hex(vector, "secret"), vector.at("label").get<std::string>(),
                  vectors::hex(vector, "context")) == vector.at("key").get<std::string>());
  }
}

TEST_CASE("own vectors: keys of an access secret and its rendezvous of an hour") {
  const Json file = vectors::own("derivation.json");
  REQUIRE(file.at("access").size() == 2);
  for (const Json& vector : file.at("access")) {
    const Buffer secret = vectors::hex(vector, "secret");
    const std::array<std::uint8_t, 1> scope{vector.at("scope").get<std::uint8_t>()};
    CHECK(derived(secret, "psk", scope) == vector.at("psk").get<std::string>());
    const auto discovery = derive(secret, "discovery", scope);
    CHECK(to_hex(discovery.bytes()) == vector.at("discovery").get<std::string>());
    CHECK(derived(discovery.bytes(), "mac", {}) == vector.at("mac_key").get<std::string>());
    CHECK(derived(discovery.bytes(), "cookie", {}) == vector.at("cookie_key").get<std::string>());
    CHECK(derived(discovery.bytes(), "lan", {}) == vector.at("lan_key").get<std::string>());
    std::array<std::uint8_t, 8> hour;
    store_be(hour.data(), vector.at("unix_seconds").get<std::uint64_t>() / 3600);
    CHECK(derived(discovery.bytes(), "rendezvous", hour).substr(0, 40) ==
          vector.at("info_hash").get<std::string>());
  }
}

TEST_CASE("own vectors: join secret, invite key, identifiers, MACs") {
  const Json file = vectors::own("derivation.json");
  const Json& join = file.at("join");
  CHECK(derived(vectors::hex(join, "network_secret"), "join", {}).substr(0, 32) ==
        join.at("join_secret").get<std::string>());

  const Json& invite = file.at("invite_key");
  const auto seed32 = derive(vectors::hex(invite, "seed"), "invite key", {});
  CHECK(to_hex(seed32.bytes()) == invite.at("seed32").get<std::string>());
  CHECK(to_hex(InviteKey::from_seed(seed32.bytes())->public_key().bytes) ==
        invite.at("public").get<std::string>());

  for (const Json& vector : file.at("identifiers")) {
    const std::string kind = "lanyard/1 " + vector.at("kind").get<std::string>();
    const std::array<std::uint8_t, 1> zero{0};
    CHECK(
        to_hex(blake2b_256({as_bytes(kind), zero, vectors::hex(vector, "public")})).substr(0, 32) ==
        vector.at("id").get<std::string>());
  }
  for (const Json& vector : file.at("blake2b_128")) {
    const Buffer message = vectors::hex(vector, "message");
    const Bytes front = Bytes(message).first(10);
    const Bytes back = Bytes(message).subspan(10);
    CHECK(to_hex(blake2b_128(vectors::hex(vector, "key"), {front, {}, back})) ==
          vector.at("mac").get<std::string>());
  }
}

TEST_CASE("own vectors: data keys") {
  const Json file = vectors::own("derivation.json");
  REQUIRE(file.at("data_keys").size() == 2);
  for (const Json& vector : file.at("data_keys")) {
    const auto split_key = vectors::secret<32>(vector, "split_key");
    const auto aead = static_cast<Aead>(vector.at("aead").get<std::uint8_t>());
    CHECK(to_hex(data_key(split_key, aead).bytes()) == vector.at("key").get<std::string>());
  }
}

TEST_CASE("own vectors: signatures") {
  const Json file = vectors::own("signing.json");
  for (const Json& vector : file.at("signatures")) {
    const std::string label = vector.at("label").get<std::string>();
    const auto key = IdentityKey::from_seed(vectors::hex(vector, "seed"));
    REQUIRE(key);
    CHECK(to_hex(key->public_key().bytes) == vector.at("public").get<std::string>());
    const Buffer body = vectors::hex(vector, "body");
    const Signature signature = key->sign(label, body);
    CHECK(to_hex(signature) == vector.at("signature").get<std::string>());
    CHECK(verify(key->public_key(), label, body, signature));
  }
}

TEST_CASE("own vectors: AEADs under counters") {
  const Json file = vectors::own("aead.json");
  for (const Json& vector : file.at("sealed")) {
    const auto aead = static_cast<Aead>(vector.at("aead").get<std::uint8_t>());
    const std::uint64_t counter = std::stoull(vector.at("counter").get<std::string>());
    CHECK(to_hex(noise_nonce(aead, counter)) == vector.at("nonce").get<std::string>());
    const auto secret = vectors::secret<32>(vector, "key");
    const Buffer additional_data = vectors::hex(vector, "ad");
    const Buffer plaintext = vectors::hex(vector, "plaintext");
    for (const AeadBackend backend : available_backends(aead)) {
      CAPTURE(name(backend));
      const AeadKey key(aead, backend, secret);
      Buffer text = plaintext;
      text.resize(text.size() + kTagSize);
      key.seal(counter, additional_data, text);
      CHECK(to_hex(text) == vector.at("sealed").get<std::string>());
      REQUIRE(key.open(counter, additional_data, text));
      CHECK(equal(Bytes(text).first(plaintext.size()), plaintext));
    }
  }
}

TEST_CASE("own vectors: sealed boxes") {
  const Json file = vectors::own("aead.json");
  for (const Json& vector : file.at("boxes")) {
    const auto key = vectors::secret<32>(vector, "key");
    const Buffer additional_data = vectors::hex(vector, "ad");
    const Buffer plaintext = vectors::hex(vector, "plaintext");
    ScriptedRng rng(vectors::hex(vector, "nonce"));
    const Buffer box = seal_box(key, rng, additional_data, plaintext);
    CHECK(to_hex(box) == vector.at("box").get<std::string>());
    CHECK(open_box(key, additional_data, box) == plaintext);
  }
}
