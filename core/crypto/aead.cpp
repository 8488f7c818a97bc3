// SPDX-License-Identifier: Apache-2.0
#include "core/crypto/aead.h"

#include <cassert>
#include <cstdlib>

#include "core/base/endian.h"
#include "core/crypto/hash.h"
#include "core/crypto/sodium.h"

namespace lanyard::crypto {
namespace {

static_assert(kTagSize == crypto_aead_chacha20poly1305_ietf_ABYTES);
static_assert(kTagSize == crypto_aead_aes256gcm_ABYTES);
static_assert(kTagSize == crypto_aead_xchacha20poly1305_ietf_ABYTES);
static_assert(kBoxNonceSize == crypto_aead_xchacha20poly1305_ietf_NPUBBYTES);
static_assert(sizeof(AeadNonce) == crypto_aead_chacha20poly1305_ietf_NPUBBYTES);
static_assert(sizeof(AeadNonce) == crypto_aead_aes256gcm_NPUBBYTES);

// The prepared key lies in bytes, so that libsodium's types stay out of the header.
const crypto_aead_aes256gcm_state* aes_state(const std::uint8_t* prepared) {
  return reinterpret_cast<const crypto_aead_aes256gcm_state*>(prepared);
}

}  // namespace

std::string_view name(Aead aead) {
  switch (aead) {
    case Aead::chacha20_poly1305: return "ChaCha20-Poly1305";
    case Aead::aes_256_gcm: return "AES-256-GCM";
  }
  return "unknown";
}

AeadMask supported_aeads() {
  require_sodium();
  auto mask = static_cast<AeadMask>(Aead::chacha20_poly1305);
  if (crypto_aead_aes256gcm_is_available() != 0) mask |= static_cast<AeadMask>(Aead::aes_256_gcm);
  return mask;
}

std::optional<Aead> choose_aead(AeadMask ours, AeadMask theirs) {
  for (const Aead aead : {Aead::aes_256_gcm, Aead::chacha20_poly1305}) {
    if ((ours & theirs & static_cast<AeadMask>(aead)) != 0) return aead;
  }
  return std::nullopt;
}

Secret<32> data_key(const Secret<32>& split_key, Aead aead) {
  const std::array<std::uint8_t, 1> number{static_cast<std::uint8_t>(aead)};
  return derive(split_key.bytes(), "data", number);
}

AeadNonce noise_nonce(Aead aead, std::uint64_t counter) {
  AeadNonce nonce{};
  std::uint8_t* const last_eight = nonce.data() + 4;
  if (aead == Aead::aes_256_gcm) {
    store_be(last_eight, counter);
  } else {
    for (int i = 0; i < 8; ++i) last_eight[i] = static_cast<std::uint8_t>(counter >> 8 * i);
  }
  return nonce;
}

AeadKey::AeadKey(Aead aead, const Secret<32>& key) : aead_(aead) {
  static_assert(kPreparedSize == sizeof(crypto_aead_aes256gcm_state));
  static_assert(alignof(crypto_aead_aes256gcm_state) <= 16);
  require_sodium();
  std::uint8_t* const prepared = prepared_.mutable_bytes().data();
  if (aead == Aead::chacha20_poly1305) {
    std::memcpy(prepared, key.bytes().data(), key.bytes().size());
    return;
  }
  if (crypto_aead_aes256gcm_is_available() == 0) std::abort();
  crypto_aead_aes256gcm_beforenm(reinterpret_cast<crypto_aead_aes256gcm_state*>(prepared),
                                 key.bytes().data());
}

void AeadKey::seal(const AeadNonce& nonce,
                   Bytes additional_data,
                   MutableBytes plaintext_then_tag) const {
  assert(plaintext_then_tag.size() >= kTagSize);
  std::uint8_t* const text = plaintext_then_tag.data();
  const std::size_t size = plaintext_then_tag.size() - kTagSize;
  const std::uint8_t* const key = prepared_.bytes().data();
  if (aead_ == Aead::aes_256_gcm) {
    crypto_aead_aes256gcm_encrypt_afternm(text, nullptr, text, size, additional_data.data(),
                                          additional_data.size(), nullptr, nonce.data(),
                                          aes_state(key));
  } else {
    crypto_aead_chacha20poly1305_ietf_encrypt(text, nullptr, text, size, additional_data.data(),
                                              additional_data.size(), nullptr, nonce.data(), key);
  }
}

bool AeadKey::open(const AeadNonce& nonce,
                   Bytes additional_data,
                   MutableBytes ciphertext_then_tag) const {
  if (ciphertext_then_tag.size() < kTagSize) return false;
  std::uint8_t* const text = ciphertext_then_tag.data();
  const std::size_t size = ciphertext_then_tag.size();
  const std::uint8_t* const key = prepared_.bytes().data();
  if (aead_ == Aead::aes_256_gcm) {
    return crypto_aead_aes256gcm_decrypt_afternm(text, nullptr, nullptr, text, size,
                                                 additional_data.data(), additional_data.size(),
                                                 nonce.data(), aes_state(key)) == 0;
  }
  return crypto_aead_chacha20poly1305_ietf_decrypt(text, nullptr, nullptr, text, size,
                                                   additional_data.data(), additional_data.size(),
                                                   nonce.data(), key) == 0;
}

Buffer seal_box(const Secret<32>& key, Rng& rng, Bytes additional_data, Bytes plaintext) {
  require_sodium();
  Buffer box(kBoxOverhead + plaintext.size());
  rng.fill(MutableBytes(box).first(kBoxNonceSize));
  crypto_aead_xchacha20poly1305_ietf_encrypt(
      box.data() + kBoxNonceSize, nullptr, plaintext.data(), plaintext.size(),
      additional_data.data(), additional_data.size(), nullptr, box.data(), key.bytes().data());
  return box;
}

std::optional<Buffer> open_box(const Secret<32>& key, Bytes additional_data, Bytes box) {
  if (box.size() < kBoxOverhead) return std::nullopt;
  require_sodium();
  Buffer plaintext(box.size() - kBoxOverhead);
  const Bytes sealed = box.subspan(kBoxNonceSize);
  if (crypto_aead_xchacha20poly1305_ietf_decrypt(
          plaintext.data(), nullptr, nullptr, sealed.data(), sealed.size(), additional_data.data(),
          additional_data.size(), box.data(), key.bytes().data()) != 0) {
    return std::nullopt;
  }
  return plaintext;
}

}  // namespace lanyard::crypto
