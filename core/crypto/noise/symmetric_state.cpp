// SPDX-License-Identifier: Apache-2.0
#include "core/crypto/noise/symmetric_state.h"

#include <algorithm>

namespace lanyard::crypto::noise {
namespace {

// Noise's HKDF (revision 34, section 4.3), which is RFC 5869's with an empty info. Two or three
// outputs.
template <std::size_t N>
std::array<Secret<64>, N> hkdf(const Secret<64>& chaining_key, Bytes key_material) {
  static_assert(N == 2 || N == 3);
  const Secret<64> extracted = hmac_sha512(chaining_key.bytes(), {key_material});
  std::array<Secret<64>, N> out;
  Bytes previous;
  for (std::size_t i = 0; i < N; ++i) {
    const std::array<std::uint8_t, 1> number{static_cast<std::uint8_t>(i + 1)};
    out[i] = hmac_sha512(extracted.bytes(), {previous, number});
    previous = out[i].bytes();
  }
  return out;
}

// A cipher's key is the front of a longer output (section 5.2).
Secret<32> cipher_key(const Secret<64>& output) {
  return *Secret<32>::from_bytes(output.bytes().first<32>());
}

}  // namespace

SymmetricState::SymmetricState(std::string_view protocol_name, Aead aead) : hash_(), cipher_(aead) {
  if (protocol_name.size() <= hash_.size()) {
    std::copy(protocol_name.begin(), protocol_name.end(), hash_.begin());
  } else {
    hash_ = sha512({as_bytes(protocol_name)});
  }
  chaining_key_ = *Secret<64>::from_bytes(hash_);
}

SymmetricState SymmetricState::clone() const {
  SymmetricState out(cipher_.clone());
  out.chaining_key_ = chaining_key_.clone();
  out.hash_ = hash_;
  return out;
}

void SymmetricState::mix_key(Bytes key_material) {
  auto [chaining_key, key] = hkdf<2>(chaining_key_, key_material);
  chaining_key_ = std::move(chaining_key);
  cipher_.set_key(cipher_key(key));
}

void SymmetricState::mix_hash(Bytes data) { hash_ = sha512({hash_, data}); }

void SymmetricState::mix_key_and_hash(Bytes key_material) {
  auto [chaining_key, hash_input, key] = hkdf<3>(chaining_key_, key_material);
  chaining_key_ = std::move(chaining_key);
  mix_hash(hash_input.bytes());
  cipher_.set_key(cipher_key(key));
}

bool SymmetricState::encrypt_and_hash(Bytes plaintext, Buffer& out) {
  const std::size_t start = out.size();
  if (!cipher_.encrypt(hash_, plaintext, out)) return false;
  mix_hash(Bytes(out).subspan(start));
  return true;
}

std::optional<Buffer> SymmetricState::decrypt_and_hash(Bytes ciphertext) {
  auto plaintext = cipher_.decrypt(hash_, ciphertext);
  if (plaintext) mix_hash(ciphertext);
  return plaintext;
}

Split SymmetricState::split() const {
  const auto keys = hkdf<2>(chaining_key_, {});
  return {cipher_key(keys[0]), cipher_key(keys[1])};
}

}  // namespace lanyard::crypto::noise
