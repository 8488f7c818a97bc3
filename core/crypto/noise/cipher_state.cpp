// SPDX-License-Identifier: Apache-2.0
#include "core/crypto/noise/cipher_state.h"

namespace lanyard::crypto::noise {
namespace {

// 2^64 - 1 is reserved (Noise revision 34, section 5.1).
constexpr std::uint64_t kNonceLimit = UINT64_MAX;

}  // namespace

CipherState CipherState::clone() const {
  CipherState out(aead_);
  if (key_) out.key_ = key_->clone();
  out.nonce_ = nonce_;
  return out;
}

void CipherState::set_key(Secret<32> key) {
  key_ = std::move(key);
  nonce_ = 0;
}

bool CipherState::encrypt(Bytes additional_data, Bytes plaintext, Buffer& out) {
  if (!key_) {
    append(out, plaintext);
    return true;
  }
  if (nonce_ == kNonceLimit) return false;
  const std::size_t start = out.size();
  append(out, plaintext);
  out.resize(out.size() + kTagSize);
  AeadKey(aead_, *key_).seal(nonce_++, additional_data, MutableBytes(out).subspan(start));
  return true;
}

std::optional<Buffer> CipherState::decrypt(Bytes additional_data, Bytes ciphertext) {
  Buffer text = to_buffer(ciphertext);
  if (!key_) return text;
  if (nonce_ == kNonceLimit) return std::nullopt;
  if (!AeadKey(aead_, *key_).open(nonce_, additional_data, text)) return std::nullopt;
  ++nonce_;
  text.resize(text.size() - kTagSize);
  return text;
}

}  // namespace lanyard::crypto::noise
