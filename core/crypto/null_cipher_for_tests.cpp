// SPDX-License-Identifier: Apache-2.0
// NO CIPHER AT ALL: the text as it is, and a tag of zeros that nobody looks at. It is compiled only
// where CMake was told LANYARD_TEST_NULL_CIPHER=ON, to measure what the real ciphers cost.
#include <cstring>

#include "core/crypto/cipher_functions.h"

namespace lanyard::crypto {
namespace {

void prepare(const std::uint8_t*, std::uint8_t*) {}

void seal(const std::uint8_t*, const AeadNonce&, Bytes, Bytes plaintext, std::uint8_t* sealed) {
  if (!plaintext.empty()) std::memmove(sealed, plaintext.data(), plaintext.size());
  std::memset(sealed + plaintext.size(), 0, kTagSize);
}

bool open(const std::uint8_t*, const AeadNonce&, Bytes, MutableBytes) { return true; }

constexpr CipherFunctions kFunctions{prepare, seal, open};

}  // namespace

const CipherFunctions* null_cipher_for_tests(Aead) { return &kFunctions; }

}  // namespace lanyard::crypto
