// SPDX-License-Identifier: Apache-2.0
// The two ciphers by libsodium: ChaCha20-Poly1305 everywhere, AES-256-GCM with AES instructions.
#include <cstring>

#include "core/crypto/cipher_functions.h"
#include "core/crypto/sodium.h"

namespace lanyard::crypto {
namespace {

static_assert(kTagSize == crypto_aead_chacha20poly1305_ietf_ABYTES);
static_assert(kTagSize == crypto_aead_aes256gcm_ABYTES);
static_assert(sizeof(AeadNonce) == crypto_aead_chacha20poly1305_ietf_NPUBBYTES);
static_assert(sizeof(AeadNonce) == crypto_aead_aes256gcm_NPUBBYTES);
static_assert(sizeof(crypto_aead_aes256gcm_state) <= AeadKey::kPreparedSize);
static_assert(alignof(crypto_aead_aes256gcm_state) <= AeadKey::kPreparedAlignment);

namespace chacha {

// Nothing is prepared: the key itself stands in front.
void prepare(const std::uint8_t* key, std::uint8_t* prepared) {
  std::memcpy(prepared, key, crypto_aead_chacha20poly1305_ietf_KEYBYTES);
}

void seal(const std::uint8_t* prepared,
          const AeadNonce& nonce,
          Bytes additional_data,
          Bytes plaintext,
          std::uint8_t* sealed) {
  crypto_aead_chacha20poly1305_ietf_encrypt(sealed, nullptr, plaintext.data(), plaintext.size(),
                                            additional_data.data(), additional_data.size(), nullptr,
                                            nonce.data(), prepared);
}

bool open(const std::uint8_t* prepared,
          const AeadNonce& nonce,
          Bytes additional_data,
          MutableBytes ciphertext_then_tag) {
  std::uint8_t* const text = ciphertext_then_tag.data();
  return crypto_aead_chacha20poly1305_ietf_decrypt(
             text, nullptr, nullptr, text, ciphertext_then_tag.size(), additional_data.data(),
             additional_data.size(), nonce.data(), prepared) == 0;
}

constexpr CipherFunctions kFunctions{prepare, seal, open};

}  // namespace chacha

namespace aes {

const crypto_aead_aes256gcm_state* state(const std::uint8_t* prepared) {
  return reinterpret_cast<const crypto_aead_aes256gcm_state*>(prepared);
}

void prepare(const std::uint8_t* key, std::uint8_t* prepared) {
  crypto_aead_aes256gcm_beforenm(reinterpret_cast<crypto_aead_aes256gcm_state*>(prepared), key);
}

void seal(const std::uint8_t* prepared,
          const AeadNonce& nonce,
          Bytes additional_data,
          Bytes plaintext,
          std::uint8_t* sealed) {
  crypto_aead_aes256gcm_encrypt_afternm(sealed, nullptr, plaintext.data(), plaintext.size(),
                                        additional_data.data(), additional_data.size(), nullptr,
                                        nonce.data(), state(prepared));
}

bool open(const std::uint8_t* prepared,
          const AeadNonce& nonce,
          Bytes additional_data,
          MutableBytes ciphertext_then_tag) {
  std::uint8_t* const text = ciphertext_then_tag.data();
  return crypto_aead_aes256gcm_decrypt_afternm(
             text, nullptr, nullptr, text, ciphertext_then_tag.size(), additional_data.data(),
             additional_data.size(), nonce.data(), state(prepared)) == 0;
}

constexpr CipherFunctions kFunctions{prepare, seal, open};

}  // namespace aes

}  // namespace

const CipherFunctions* sodium_cipher(Aead aead) {
  require_sodium();
  switch (aead) {
    case Aead::chacha20_poly1305: return &chacha::kFunctions;
    case Aead::aes_256_gcm:
      return crypto_aead_aes256gcm_is_available() != 0 ? &aes::kFunctions : nullptr;
  }
  return nullptr;
}

}  // namespace lanyard::crypto
