// SPDX-License-Identifier: Apache-2.0
// Project Wycheproof's vectors through our own functions, by each back end that is here.
#include <cstdio>

#include <doctest/doctest.h>

#include "core/crypto/aead_backends.h"
#include "core/crypto/noise_key.h"
#include "core/crypto/signing.h"
#include "tests/unit/crypto/vectors.h"

using namespace lanyard;
using namespace lanyard::crypto;
using vectors::Json;

namespace {

// Calls check(group, test, valid) for each test of the file, and returns how many there were.
template <typename Check>
std::size_t for_each_test(const char* prefix, const Check& check) {
  std::size_t count = 0;
  for (const auto& path : vectors::public_files(prefix)) {
    const Json file = vectors::read(path);
    for (const Json& group : file.at("testGroups")) {
      for (const Json& test : group.at("tests")) {
        CAPTURE(path.string());
        CAPTURE(test.at("tcId").get<int>());
        count += check(group, test, test.at("result").get<std::string>());
      }
    }
    REQUIRE(count != 0);
  }
  std::printf("%s: %zu tests ran\n", prefix, count);
  return count;
}

// The number of back ends that did it: none when the test is of a kind that we do not do at all.
std::size_t check_aead(Aead aead, const Json& group, const Json& test, const std::string& result) {
  if (group.at("keySize") != 256 || group.at("ivSize") != 96 || group.at("tagSize") != 128)
    return 0;
  const auto secret = vectors::secret<32>(test, "key");
  const auto nonce = vectors::array<12>(test, "iv");
  const Buffer additional_data = vectors::hex(test, "aad");
  const Buffer plaintext = vectors::hex(test, "msg");
  const Buffer sealed = [&test] {
    Buffer out = vectors::hex(test, "ct");
    append(out, vectors::hex(test, "tag"));
    return out;
  }();

  const auto backends = available_backends(aead);
  for (const AeadBackend backend : backends) {
    CAPTURE(name(backend));
    const AeadKey key(aead, backend, secret);
    Buffer in_place = sealed;
    const bool opened = key.open(nonce, additional_data, in_place);
    CHECK(opened == (result == "valid"));
    if (!opened) continue;
    CHECK(equal(Bytes(in_place).first(plaintext.size()), plaintext));
    key.seal(nonce, additional_data, in_place);
    CHECK(in_place == sealed);
  }
  return backends.size();
}

}  // namespace

TEST_CASE("Wycheproof: ChaCha20-Poly1305") {
  for_each_test("wycheproof_chacha20_poly1305",
                [](const Json& group, const Json& test, const std::string& result) {
                  return check_aead(Aead::chacha20_poly1305, group, test, result);
                });
}

TEST_CASE("Wycheproof: AES-256-GCM") {
  if (available_backends(Aead::aes_256_gcm).empty()) {
    std::puts("wycheproof_aes_gcm: skipped, this processor has no AES instructions");
    return;
  }
  for_each_test("wycheproof_aes_gcm",
                [](const Json& group, const Json& test, const std::string& result) {
                  return check_aead(Aead::aes_256_gcm, group, test, result);
                });
}

TEST_CASE("Wycheproof: X25519") {
  for_each_test("wycheproof_x25519", [](const Json&, const Json& test, const std::string& result) {
    const auto ours = NoiseKey::from_bytes(vectors::hex(test, "private"));
    const auto theirs = NoisePublicKey::from_bytes(vectors::hex(test, "public"));
    REQUIRE(ours);
    REQUIRE(theirs);
    const Buffer expected = vectors::hex(test, "shared");
    const auto shared = dh(*ours, *theirs);
    // "acceptable" ones may be refused, and those of small order must be; never a wrong secret.
    const bool is_zero = expected == Buffer(32);
    if (is_zero) CHECK_FALSE(shared);
    if (result == "valid") CHECK(shared);
    if (shared) CHECK(to_hex(shared->bytes()) == to_hex(expected));
    return std::size_t{1};
  });
}

TEST_CASE("Wycheproof: Ed25519") {
  for_each_test("wycheproof_ed25519", [](const Json& group, const Json& test,
                                         const std::string& result) {
    const auto key = vectors::array<32>(group.at("publicKey"), "pk");
    const auto signature = to_array<kSignatureSize>(vectors::hex(test, "sig"));
    const bool verified = signature && ed25519::verify(key, vectors::hex(test, "msg"), *signature);
    CHECK(verified == (result == "valid"));
    return std::size_t{1};
  });
}
