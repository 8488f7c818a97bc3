// SPDX-License-Identifier: Apache-2.0
#include "core/crypto/aead.h"

#include <doctest/doctest.h>

#include "core/crypto/noise/cipher_state.h"

using namespace lanyard;
using namespace lanyard::crypto;

namespace {

constexpr auto kChaCha = static_cast<AeadMask>(Aead::chacha20_poly1305);
constexpr auto kAes = static_cast<AeadMask>(Aead::aes_256_gcm);

Secret<32> some_key(std::uint64_t seed) {
  SeededRng rng(seed);
  return Secret<32>::random(rng);
}

std::vector<Aead> aeads_here() {
  std::vector<Aead> out{Aead::chacha20_poly1305};
  if ((supported_aeads() & kAes) != 0) out.push_back(Aead::aes_256_gcm);
  return out;
}

}  // namespace

TEST_CASE("AEAD choice: the highest bit that both have") {
  CHECK(choose_aead(kChaCha | kAes, kChaCha | kAes) == Aead::aes_256_gcm);
  CHECK(choose_aead(kChaCha | kAes, kChaCha) == Aead::chacha20_poly1305);
  CHECK(choose_aead(kChaCha, kChaCha | kAes) == Aead::chacha20_poly1305);
  CHECK_FALSE(choose_aead(kChaCha, kAes));
  CHECK_FALSE(choose_aead(0, kChaCha));
  // Bits of later versions, alone and beside ours.
  CHECK_FALSE(choose_aead(4, 4));
  CHECK(choose_aead(~AeadMask{0}, 4 | kChaCha) == Aead::chacha20_poly1305);
  CHECK((supported_aeads() & kChaCha) != 0);
  CHECK(name(Aead::chacha20_poly1305) != name(Aead::aes_256_gcm));
}

TEST_CASE("AEAD: any other bit, nonce, header or key is refused") {
  for (const Aead aead : aeads_here()) {
    CAPTURE(name(aead));
    const AeadKey key(aead, some_key(1));
    const Buffer header = {1, 2, 3, 4, 5, 6, 7, 8};
    Buffer sealed = to_buffer(as_bytes("a frame of some bytes"));
    sealed.resize(sealed.size() + kTagSize);
    key.seal(7, header, sealed);

    const auto opens = [&sealed](const AeadKey& with, std::uint64_t counter, Bytes additional) {
      Buffer copy = sealed;
      return with.open(counter, additional, copy);
    };
    CHECK(opens(key, 7, header));
    CHECK_FALSE(opens(key, 8, header));
    CHECK_FALSE(opens(key, 7ULL << 56, header));
    CHECK_FALSE(opens(key, 7, {}));
    CHECK_FALSE(opens(key, 7, Bytes(header).first(7)));
    CHECK_FALSE(opens(AeadKey(aead, some_key(2)), 7, header));
    for (std::size_t bit = 0; bit < sealed.size() * 8; ++bit) {
      Buffer changed = sealed;
      changed[bit / 8] ^= static_cast<std::uint8_t>(1U << bit % 8);
      CHECK_FALSE(key.open(7, header, changed));
    }
    for (std::size_t size = 0; size < sealed.size(); ++size) {
      Buffer cut = sealed;
      cut.resize(size);
      CHECK_FALSE(key.open(7, header, cut));
    }
  }
}

TEST_CASE("AEAD: a key is moved whole, and an empty plaintext has a tag") {
  for (const Aead aead : aeads_here()) {
    CAPTURE(name(aead));
    AeadKey first(aead, some_key(1));
    Buffer sealed(kTagSize);
    first.seal(0, {}, sealed);
    const AeadKey second = std::move(first);
    CHECK(second.aead() == aead);
    CHECK(second.open(0, {}, sealed));
  }
}

TEST_CASE("sealed boxes: any other bit, header or key is refused") {
  SeededRng rng(3);
  const auto key = some_key(1);
  const Buffer box = seal_box(key, rng, as_bytes("header"), as_bytes("cookie"));
  CHECK(box.size() == kBoxOverhead + 6);
  CHECK(open_box(key, as_bytes("header"), box) == to_buffer(as_bytes("cookie")));
  CHECK(seal_box(key, rng, as_bytes("header"), as_bytes("cookie")) != box);
  CHECK_FALSE(open_box(key, as_bytes("Header"), box));
  CHECK_FALSE(open_box(some_key(2), as_bytes("header"), box));
  for (std::size_t bit = 0; bit < box.size() * 8; ++bit) {
    Buffer changed = box;
    changed[bit / 8] ^= static_cast<std::uint8_t>(1U << bit % 8);
    CHECK_FALSE(open_box(key, as_bytes("header"), changed));
  }
  for (std::size_t size = 0; size < box.size(); ++size) {
    CHECK_FALSE(open_box(key, as_bytes("header"), Bytes(box).first(size)));
  }
}

TEST_CASE("CipherState: without a key text passes; a forged message keeps the nonce") {
  noise::CipherState plain(Aead::chacha20_poly1305);
  Buffer out;
  CHECK(plain.encrypt({}, as_bytes("text"), out));
  CHECK(out == to_buffer(as_bytes("text")));
  CHECK(plain.decrypt({}, out) == out);

  noise::CipherState sender(Aead::chacha20_poly1305, some_key(1));
  noise::CipherState receiver(Aead::chacha20_poly1305, some_key(1));
  Buffer first;
  Buffer second;
  CHECK(sender.encrypt({}, as_bytes("one"), first));
  CHECK(sender.encrypt({}, as_bytes("two"), second));
  CHECK_FALSE(receiver.decrypt({}, second));
  CHECK(receiver.decrypt({}, first) == to_buffer(as_bytes("one")));
  CHECK_FALSE(receiver.decrypt({}, first));
  CHECK(receiver.decrypt({}, second) == to_buffer(as_bytes("two")));
  sender.set_key(some_key(1));
  Buffer again;
  CHECK(sender.encrypt({}, as_bytes("one"), again));
  CHECK(again == first);
}
