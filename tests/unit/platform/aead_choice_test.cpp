// SPDX-License-Identifier: Apache-2.0
#include "platform/aead_choice.h"

#include <doctest/doctest.h>

#include "tests/unit/platform/recording_log.h"

using namespace lanyard;
using namespace lanyard::platform;
using crypto::Aead;
using crypto::AeadBackend;
using SelfTest = AeadTrial::SelfTest;

TEST_CASE("AEAD choice: the fastest that computes rightly") {
  const auto choice = [](std::vector<AeadTrial> trials) { return fastest(trials); };
  const AeadTrial sodium{AeadBackend::libsodium, SelfTest::passed, microseconds(10)};
  CHECK(choice({sodium}) == AeadBackend::libsodium);
  CHECK(choice({sodium, {AeadBackend::ipsec_mb, SelfTest::passed, microseconds(2)}}) ==
        AeadBackend::ipsec_mb);
  CHECK(choice({sodium, {AeadBackend::ipsec_mb, SelfTest::passed, microseconds(20)}}) ==
        AeadBackend::libsodium);
  // Wrong and fast, as what does too little is.
  CHECK(choice({sodium, {AeadBackend::ipsec_mb, SelfTest::failed, microseconds(1)}}) ==
        AeadBackend::libsodium);
  CHECK(choice({{AeadBackend::ipsec_mb, SelfTest::failed, {}}, sodium}) == AeadBackend::libsodium);
  CHECK_FALSE(choice({{AeadBackend::libsodium, SelfTest::failed, {}}}));
  CHECK_FALSE(choice({}));
}

TEST_CASE("AEAD choice: a trial for each back end that is here, measured") {
  for (const Aead aead : {Aead::aes_256_gcm, Aead::chacha20_poly1305}) {
    const auto trials = try_aead_backends(aead);
    const auto available = crypto::available_backends(aead);
    REQUIRE(trials.size() == available.size());
    for (std::size_t i = 0; i < trials.size(); ++i) {
      CHECK(trials[i].backend == available[i]);
      CHECK(trials[i].self_test == SelfTest::passed);
      CHECK(trials[i].time > Duration{});
    }
  }
}

TEST_CASE("AEAD choice: automatic, and by name") {
  RecordingLog log;
  const auto automatic = choose_aead_backends(std::nullopt, log);
  REQUIRE(automatic);
  CHECK(crypto::is_available(Aead::chacha20_poly1305, automatic->chacha20_poly1305));
  CHECK(log.has("ChaCha20-Poly1305 by libsodium: "));
  CHECK_FALSE(log.has("wrongly"));

  CHECK(*choose_aead_backends(AeadBackend::libsodium, log) == crypto::AeadBackends{});

  const auto by_name = choose_aead_backends(AeadBackend::ipsec_mb, log);
  if (crypto::is_available(Aead::chacha20_poly1305, AeadBackend::ipsec_mb)) {
    REQUIRE(by_name);
    CHECK(by_name->chacha20_poly1305 == AeadBackend::ipsec_mb);
  } else {
    REQUIRE_FALSE(by_name);
    CHECK(by_name.error().code == Errc::unavailable);
    CHECK(by_name.error().message.find("cannot use ipsec-mb for ") == 0);
    CHECK_FALSE(by_name.error().hint.empty());
  }
}
