// SPDX-License-Identifier: Apache-2.0
#include "core/crypto/aead.h"

#include <cassert>
#include <cstdlib>

#include "core/base/endian.h"
#include "core/crypto/aead_backends.h"
#include "core/crypto/cipher_functions.h"
#include "core/crypto/hash.h"
#include "core/crypto/sodium.h"

namespace lanyard::crypto {
namespace {

static_assert(kTagSize == crypto_aead_xchacha20poly1305_ietf_ABYTES);
static_assert(kBoxNonceSize == crypto_aead_xchacha20poly1305_ietf_NPUBBYTES);

}  // namespace

std::string_view name(Aead aead) {
  switch (aead) {
    case Aead::chacha20_poly1305: return "ChaCha20-Poly1305";
    case Aead::aes_256_gcm: return "AES-256-GCM";
  }
  return "unknown";
}

AeadMask supported_aeads() {
  AeadMask mask = 0;
  for (const Aead aead : {Aead::aes_256_gcm, Aead::chacha20_poly1305}) {
    if (is_available(aead, AeadBackend::libsodium) || is_available(aead, AeadBackend::ipsec_mb)) {
      mask |= static_cast<AeadMask>(aead);
    }
  }
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
  if (aead == Aead::chacha20_poly1305) counter = byte_swapped(counter);
  // Eight bytes and four, which is how they are read again.
  AeadNonce nonce;
  store_be(nonce.data(), counter >> 32);
  store_be(nonce.data() + 8, static_cast<std::uint32_t>(counter));
  return nonce;
}

AeadKey::AeadKey(Aead aead, AeadBackend backend, const Secret<32>& key)
    : aead_(aead), backend_(backend), functions_(find_cipher(aead, backend)) {
  if (functions_ == nullptr) std::abort();
  functions_->prepare(key.bytes().data(), prepared_.mutable_bytes().data());
}

void AeadKey::seal(const AeadNonce& nonce,
                   Bytes additional_data,
                   Bytes plaintext,
                   MutableBytes sealed) const {
  assert(sealed.size() == plaintext.size() + kTagSize);
  functions_->seal(prepared_.bytes().data(), nonce, additional_data, plaintext, sealed.data());
}

void AeadKey::seal(const AeadNonce& nonce,
                   Bytes additional_data,
                   MutableBytes plaintext_then_tag) const {
  assert(plaintext_then_tag.size() >= kTagSize);
  seal(nonce, additional_data, plaintext_then_tag.first(plaintext_then_tag.size() - kTagSize),
       plaintext_then_tag);
}

bool AeadKey::open(const AeadNonce& nonce,
                   Bytes additional_data,
                   MutableBytes ciphertext_then_tag) const {
  if (ciphertext_then_tag.size() < kTagSize) return false;
  return functions_->open(prepared_.bytes().data(), nonce, additional_data, ciphertext_then_tag);
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
