// SPDX-License-Identifier: Apache-2.0
// Noise's CipherState (revision 34, section 5.1): an AEAD key that may be absent, and the counter
// that is its nonce. Used inside the handshake; sessions count and encrypt by themselves.
#pragma once

#include <cstdint>
#include <optional>

#include "core/base/bytes.h"
#include "core/crypto/aead.h"
#include "core/crypto/secret.h"

namespace lanyard::crypto::noise {

// A value, used by one thread at a time.
class CipherState {
 public:
  explicit CipherState(Aead aead) : aead_(aead) {}
  CipherState(Aead aead, Secret<32> key) : aead_(aead), key_(std::move(key)) {}

  CipherState clone() const;

  bool has_key() const { return key_.has_value(); }
  // A new key starts at nonce 0.
  void set_key(Secret<32> key);

  // Appends the ciphertext with its tag; without a key, the plaintext as it is. False, with nothing
  // appended, when the nonces are used up.
  [[nodiscard]] bool encrypt(Bytes additional_data, Bytes plaintext, Buffer& out);
  // Nothing when it is forged; the nonce then stays.
  std::optional<Buffer> decrypt(Bytes additional_data, Bytes ciphertext);

 private:
  Aead aead_;
  std::optional<Secret<32>> key_;
  std::uint64_t nonce_ = 0;
};

}  // namespace lanyard::crypto::noise
