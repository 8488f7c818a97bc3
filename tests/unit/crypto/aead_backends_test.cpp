// SPDX-License-Identifier: Apache-2.0
#include "core/crypto/aead_backends.h"

#include <algorithm>
#include <new>
#include <numeric>
#include <thread>

#include <doctest/doctest.h>

using namespace lanyard;
using namespace lanyard::crypto;

namespace {

constexpr Aead kAeads[] = {Aead::aes_256_gcm, Aead::chacha20_poly1305};

// All sizes that a vectorised loop may treat on their own, and some around multiples of its step.
std::vector<std::size_t> sizes_to_try() {
  std::vector<std::size_t> out(301);
  std::iota(out.begin(), out.end(), std::size_t{0});
  for (const std::size_t size : {512U, 768U, 1024U, 1280U, 1400U, 1536U, 2048U, 4096U, 9000U}) {
    out.insert(out.end(), {size - 1, size, size + 1});
  }
  return out;
}

// Bytes at any alignment, between others that nobody may write to.
class Fenced {
 public:
  Fenced(Rng& rng, Bytes content) : offset_(kFence + rng.below(64)), size_(content.size()) {
    memory_.assign(offset_ + size_ + kFence, 0xa5);
    std::copy(content.begin(), content.end(), memory_.begin() + std::ptrdiff_t(offset_));
  }
  MutableBytes bytes() { return MutableBytes(memory_).subspan(offset_, size_); }
  bool is_fence_whole() const {
    const Bytes all(memory_);
    const auto untouched = [](std::uint8_t byte) { return byte == 0xa5; };
    return std::all_of(all.begin(), all.begin() + std::ptrdiff_t(offset_), untouched) &&
           std::all_of(all.end() - kFence, all.end(), untouched);
  }

 private:
  static constexpr std::size_t kFence = 64;

  std::size_t offset_;
  std::size_t size_;
  Buffer memory_;
};

struct Message {
  std::uint64_t counter;
  Buffer additional_data;
  Buffer plaintext;

  Message(Rng& rng, std::size_t size)
      : counter(rng.next_u64()), additional_data(rng.below(2) == 0 ? 8 : rng.below(60)) {
    plaintext.resize(size);
    rng.fill(plaintext);
    rng.fill(additional_data);
  }
};

Buffer with_room_for_tag(Buffer text) {
  text.resize(text.size() + kTagSize);
  return text;
}

Buffer sealed_by(const AeadKey& key, const Message& message) {
  Buffer out = with_room_for_tag(message.plaintext);
  key.seal(message.counter, message.additional_data, out);
  return out;
}

bool is_zero(Bytes bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](std::uint8_t byte) { return byte == 0; });
}

// The three ways to seal give the expected bytes, opening gives the plaintext, and nothing beside
// is written.
void check_agreement(const AeadKey& key, const Message& message, const Buffer& expected, Rng& rng) {
  Fenced from(rng, message.plaintext);
  Fenced apart(rng, Buffer(expected.size()));
  key.seal(message.counter, message.additional_data, from.bytes(), apart.bytes());
  CHECK(equal(apart.bytes(), expected));
  CHECK(equal(from.bytes(), message.plaintext));

  Fenced in_place(rng, with_room_for_tag(message.plaintext));
  key.seal(message.counter, message.additional_data, in_place.bytes());
  CHECK(equal(in_place.bytes(), expected));

  Fenced same_start(rng, with_room_for_tag(message.plaintext));
  key.seal(message.counter, message.additional_data,
           same_start.bytes().first(message.plaintext.size()), same_start.bytes());
  CHECK(equal(same_start.bytes(), expected));

  CHECK(key.open(message.counter, message.additional_data, same_start.bytes()));
  CHECK(equal(same_start.bytes().first(message.plaintext.size()), message.plaintext));
  CHECK((from.is_fence_whole() && apart.is_fence_whole() && in_place.is_fence_whole() &&
         same_start.is_fence_whole()));
}

// Refused, and the text is gone.
bool is_refused(const AeadKey& key, std::uint64_t counter, Bytes additional_data, Buffer sealed) {
  return !key.open(counter, additional_data, sealed) &&
         is_zero(Bytes(sealed).first(sealed.size() - kTagSize));
}

// Every bit of the tag and of the additional data, and some of the text.
std::size_t count_accepted_forgeries(const AeadKey& key,
                                     const Message& message,
                                     const Buffer& sealed,
                                     Rng& rng) {
  std::size_t accepted = 0;
  const auto try_bit = [&](std::size_t bit) {
    Buffer forged = sealed;
    forged[bit / 8] ^= static_cast<std::uint8_t>(1U << bit % 8);
    accepted += !is_refused(key, message.counter, message.additional_data, std::move(forged));
  };
  const std::size_t text_bits = message.plaintext.size() * 8;
  for (std::size_t bit = text_bits; bit < sealed.size() * 8; ++bit) try_bit(bit);
  for (int i = 0; i < 10 && text_bits != 0; ++i) try_bit(rng.below(text_bits));
  for (std::size_t bit = 0; bit < message.additional_data.size() * 8; ++bit) {
    Buffer forged = message.additional_data;
    forged[bit / 8] ^= static_cast<std::uint8_t>(1U << bit % 8);
    accepted += !is_refused(key, message.counter, forged, sealed);
  }
  accepted += !is_refused(key, message.counter + 1, message.additional_data, sealed);
  return accepted;
}

Bytes storage_of(const AeadKey& key) {
  return {reinterpret_cast<const std::uint8_t*>(&key), sizeof key};
}

bool contains(Bytes bytes, Bytes what) {
  return std::search(bytes.begin(), bytes.end(), what.begin(), what.end()) != bytes.end();
}

}  // namespace

TEST_CASE("AEAD back ends: names are read back, others are not") {
  for (const AeadBackend backend : {AeadBackend::libsodium, AeadBackend::ipsec_mb}) {
    CHECK(parse_aead_backend(name(backend)) == backend);
  }
  CHECK(name(AeadBackend::ipsec_mb) == "ipsec-mb");
  for (const char* wrong : {"", "auto", "ipsec_mb", "libsodium ", "LIBSODIUM", "none"}) {
    CAPTURE(wrong);
    CHECK_FALSE(parse_aead_backend(wrong));
  }
#ifndef LANYARD_TEST_NULL_CIPHER
  CHECK_FALSE(parse_aead_backend("null"));
#endif
}

TEST_CASE("AEAD back ends: libsodium has ChaCha20-Poly1305 everywhere; all here pass their test") {
  CHECK(available_backends(Aead::chacha20_poly1305).front() == AeadBackend::libsodium);
  for (const Aead aead : kAeads) {
    const auto backends = available_backends(aead);
    CHECK(((supported_aeads() & static_cast<AeadMask>(aead)) != 0) == !backends.empty());
    for (const AeadBackend backend : backends) {
      CAPTURE(name(backend));
      CHECK(is_available(aead, backend));
      CHECK(self_test(aead, backend));
      SeededRng rng(1);
      const AeadKey key(aead, backend, Secret<32>::random(rng));
      CHECK(key.aead() == aead);
      CHECK(key.backend() == backend);
    }
  }
  CHECK(AeadBackends{AeadBackend::ipsec_mb, AeadBackend::libsodium}.of(Aead::aes_256_gcm) ==
        AeadBackend::ipsec_mb);
}

TEST_CASE("AEAD back ends: they agree on random messages of all sizes, and refuse forgeries") {
  SeededRng rng(2);
  for (const Aead aead : kAeads) {
    const auto backends = available_backends(aead);
    if (backends.empty()) continue;
    const auto secret = Secret<32>::random(rng);
    std::vector<AeadKey> keys;
    for (const AeadBackend backend : backends) keys.emplace_back(aead, backend, secret);
    for (const std::size_t size : sizes_to_try()) {
      const Message message(rng, size);
      const Buffer expected = sealed_by(keys.front(), message);
      for (const AeadKey& key : keys) {
        CAPTURE(name(aead));
        CAPTURE(name(key.backend()));
        CAPTURE(size);
        check_agreement(key, message, expected, rng);
        // These take long, so they are tried at every size up to four blocks, and then here and
        // there.
        if (size > 64 && size % 67 != 0) continue;
        CHECK(count_accepted_forgeries(key, message, expected, rng) == 0);
      }
    }
  }
}

TEST_CASE("AEAD back ends: a key is wiped when it is moved from and when it is destroyed") {
  SeededRng rng(3);
  const auto secret = Secret<32>::random(rng);
  for (const Aead aead : kAeads) {
    for (const AeadBackend backend : available_backends(aead)) {
      CAPTURE(name(aead));
      CAPTURE(name(backend));
      alignas(AeadKey) std::array<std::uint8_t, sizeof(AeadKey)> memory{};
      auto* const key = new (memory.data()) AeadKey(aead, backend, secret);
      // Both ciphers' prepared keys begin with the key as it is.
      CHECK(contains(memory, secret.bytes()));
      {
        const AeadKey moved = std::move(*key);
        CHECK(contains(storage_of(moved), secret.bytes()));
        CHECK(is_zero(Bytes(memory).last(AeadKey::kPreparedSize)));
        key->~AeadKey();
        new (memory.data()) AeadKey(aead, backend, secret);
      }
      CHECK_FALSE(is_zero(Bytes(memory).last(AeadKey::kPreparedSize)));
      key->~AeadKey();
      CHECK(is_zero(Bytes(memory).last(AeadKey::kPreparedSize)));
    }
  }
}

TEST_CASE("AEAD back ends: several threads use one key") {
  SeededRng rng(4);
  const auto secret = Secret<32>::random(rng);
  for (const Aead aead : kAeads) {
    for (const AeadBackend backend : available_backends(aead)) {
      const AeadKey key(aead, backend, secret);
      const Message message(rng, 100);
      const Buffer expected = sealed_by(key, message);
      std::array<int, 3> wrong{};
      std::vector<std::jthread> threads;
      for (int& count : wrong) {
        threads.emplace_back([&key, &message, &expected, &count] {
          for (int i = 0; i < 200; ++i) {
            Buffer sealed = sealed_by(key, message);
            count += sealed != expected;
            count += !key.open(message.counter, message.additional_data, sealed);
          }
        });
      }
      threads.clear();
      CHECK(wrong == std::array<int, 3>{});
    }
  }
}
