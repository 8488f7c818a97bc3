// SPDX-License-Identifier: Apache-2.0
// For the .cpp files of this room alone: what a back end has to offer for one cipher, and where
// AeadKey finds it. Lengths were checked before; nothing here allocates or keeps state, so that
// many threads may seal and open with one prepared key.
#pragma once

#include "core/crypto/aead.h"

namespace lanyard::crypto {

struct CipherFunctions {
  // Makes of 32 bytes of key what the other two work with: AeadKey::kPreparedSize bytes, aligned
  // as AeadKey says, and all zero before.
  void (*prepare)(const std::uint8_t* key, std::uint8_t* prepared);
  // As AeadKey::seal; sealed has room for the plaintext and its tag.
  void (*seal)(const std::uint8_t* prepared,
               const AeadNonce& nonce,
               Bytes additional_data,
               Bytes plaintext,
               std::uint8_t* sealed);
  // As AeadKey::open; there are kTagSize bytes or more.
  bool (*open)(const std::uint8_t* prepared,
               const AeadNonce& nonce,
               Bytes additional_data,
               MutableBytes ciphertext_then_tag);
};

// Of static storage; null when the back end is not built in or this processor lacks what it needs.
const CipherFunctions* find_cipher(Aead aead, AeadBackend backend);

// find_cipher for each back end.
const CipherFunctions* sodium_cipher(Aead aead);
const CipherFunctions* ipsec_mb_cipher(Aead aead);
const CipherFunctions* null_cipher_for_tests(Aead aead);

// Whether ipsec-mb was there when this was built.
bool has_ipsec_mb();

}  // namespace lanyard::crypto
