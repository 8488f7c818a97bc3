// SPDX-License-Identifier: Apache-2.0
// Noise's SymmetricState (revision 34, section 5.2) with SHA512: the chaining key, into which every
// secret goes, and the handshake hash, into which every byte on the wire goes.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "core/base/bytes.h"
#include "core/crypto/hash.h"
#include "core/crypto/noise/cipher_state.h"
#include "core/crypto/secret.h"

namespace lanyard::crypto::noise {

// The keys that a finished handshake leaves, one for each direction.
struct Split {
  Secret<32> initiator_to_responder;
  Secret<32> responder_to_initiator;
};

// A value, used by one thread at a time.
class SymmetricState {
 public:
  SymmetricState(std::string_view protocol_name, Aead aead);

  SymmetricState clone() const;

  void mix_key(Bytes key_material);
  void mix_hash(Bytes data);
  void mix_key_and_hash(Bytes key_material);

  // Appends to out; false when the nonces are used up.
  [[nodiscard]] bool encrypt_and_hash(Bytes plaintext, Buffer& out);
  std::optional<Buffer> decrypt_and_hash(Bytes ciphertext);

  bool has_key() const { return cipher_.has_key(); }
  const Hash512& handshake_hash() const { return hash_; }

  Split split() const;

 private:
  explicit SymmetricState(CipherState cipher) : hash_(), cipher_(std::move(cipher)) {}

  Secret<64> chaining_key_;
  Hash512 hash_;
  CipherState cipher_;
};

}  // namespace lanyard::crypto::noise
