// SPDX-License-Identifier: Apache-2.0
#include "core/crypto/signing.h"

#include <cassert>

#include "core/crypto/hash.h"
#include "core/crypto/sodium.h"

namespace lanyard::crypto::ed25519 {

static_assert(kSigningKeySize == crypto_sign_SEEDBYTES);
static_assert(kSigningKeySize == crypto_sign_PUBLICKEYBYTES);
static_assert(kSignatureSize == crypto_sign_BYTES);
static_assert(Secret<64>::kSize == crypto_sign_SECRETKEYBYTES);

Secret<64> expand(Bytes seed) {
  assert(seed.size() == kSigningKeySize);
  require_sodium();
  Secret<64> out;
  PublicBytes public_bytes;
  crypto_sign_seed_keypair(public_bytes.data(), out.mutable_bytes().data(), seed.data());
  return out;
}

Signature sign(const Secret<64>& key, Bytes message) {
  Signature out;
  crypto_sign_detached(out.data(), nullptr, message.data(), message.size(), key.bytes().data());
  return out;
}

bool verify(const PublicBytes& key, Bytes message, const Signature& signature) {
  return crypto_sign_verify_detached(signature.data(), message.data(), message.size(),
                                     key.data()) == 0;
}

Buffer labelled(std::string_view label, Bytes body) {
  Buffer out;
  out.reserve(kProtocolLabel.size() + label.size() + 1 + body.size());
  append(out, kProtocolLabel);
  append(out, label);
  out.push_back(0);
  append(out, body);
  return out;
}

}  // namespace lanyard::crypto::ed25519
