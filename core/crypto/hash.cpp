// SPDX-License-Identifier: Apache-2.0
#include "core/crypto/hash.h"

#include <cassert>

#include "core/crypto/sodium.h"

namespace lanyard::crypto {
namespace {

// An empty key: a plain hash.
void blake2b(Bytes key, Parts parts, MutableBytes out) {
  crypto_generichash_state state;
  crypto_generichash_init(&state, key.data(), key.size(), out.size());
  for (const Bytes part : parts) crypto_generichash_update(&state, part.data(), part.size());
  crypto_generichash_final(&state, out.data(), out.size());
  sodium_memzero(&state, sizeof state);
}

bool is_blake2b_key(Bytes key) {
  return key.size() >= crypto_generichash_KEYBYTES_MIN &&
         key.size() <= crypto_generichash_KEYBYTES_MAX;
}

}  // namespace

Hash256 blake2b_256(Parts parts) {
  Hash256 out;
  blake2b({}, parts, out);
  return out;
}

Mac128 blake2b_128(Bytes key, Parts parts) {
  assert(is_blake2b_key(key));
  Mac128 out;
  blake2b(key, parts, out);
  return out;
}

Hash512 sha512(Parts parts) {
  crypto_hash_sha512_state state;
  crypto_hash_sha512_init(&state);
  for (const Bytes part : parts) crypto_hash_sha512_update(&state, part.data(), part.size());
  Hash512 out;
  crypto_hash_sha512_final(&state, out.data());
  return out;
}

Secret<64> hmac_sha512(Bytes key, Parts parts) {
  crypto_auth_hmacsha512_state state;
  crypto_auth_hmacsha512_init(&state, key.data(), key.size());
  for (const Bytes part : parts) {
    crypto_auth_hmacsha512_update(&state, part.data(), part.size());
  }
  Secret<64> out;
  crypto_auth_hmacsha512_final(&state, out.mutable_bytes().data());
  sodium_memzero(&state, sizeof state);
  return out;
}

Secret<32> derive(Bytes secret, std::string_view label, Bytes context) {
  assert(is_blake2b_key(secret));
  constexpr std::array<std::uint8_t, 1> kEndOfLabel{0};
  Secret<32> out;
  blake2b(secret, {as_bytes(kProtocolLabel), as_bytes(label), kEndOfLabel, context},
          out.mutable_bytes());
  return out;
}

bool constant_time_equal(Bytes a, Bytes b) {
  return a.size() == b.size() && sodium_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace lanyard::crypto
