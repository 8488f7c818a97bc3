// SPDX-License-Identifier: Apache-2.0
// The two ciphers by Intel's ipsec-mb, whose AES-256-GCM is the fastest there is on x86-64. Without
// the library at build time, or on a processor that it has no code for, nothing is offered.
#include "core/crypto/cipher_functions.h"

#ifndef LANYARD_HAS_IPSEC_MB

namespace lanyard::crypto {

const CipherFunctions* ipsec_mb_cipher(Aead) { return nullptr; }
bool has_ipsec_mb() { return false; }

}  // namespace lanyard::crypto

#else

#include <cassert>
#include <cstdlib>
#include <cstring>

#include <intel-ipsec-mb.h>

#include "core/crypto/sodium.h"

namespace lanyard::crypto {
namespace {

// The library's state: functions for this processor, and a ring of jobs. Making one takes some
// 100 microseconds and 200 KiB.
class Library {
 public:
  Library() : manager_(alloc_mb_mgr(0)) {
    if (manager_ == nullptr) std::abort();
    IMB_ARCH architecture = IMB_ARCH_NONE;
    init_mb_mgr_auto(manager_, &architecture);
    if (architecture == IMB_ARCH_NONE || imb_get_errno(manager_) != 0) manager_->features = 0;
  }
  Library(const Library&) = delete;
  Library& operator=(const Library&) = delete;
  ~Library() { free_mb_mgr(manager_); }

  bool has(std::uint64_t features) const { return (manager_->features & features) == features; }
  IMB_MGR* manager() const { return manager_; }

 private:
  IMB_MGR* manager_;
};

// For what only reads it: any thread.
const Library& library() {
  static Library shared;
  return shared;
}

// Jobs are written into the ring, so each thread has a ring of its own.
IMB_MGR* manager_of_this_thread() {
  thread_local Library own;
  return own.manager();
}

// The cipher loads all of a nonce at once. A load that spans several earlier stores waits until
// these have reached the cache, which takes as long as sealing a small packet: hence one store.
class alignas(16) NonceInOneStore {
 public:
  explicit NonceInOneStore(const AeadNonce& nonce) {
    std::uint64_t first = 0;
    std::uint32_t last = 0;
    std::memcpy(&first, nonce.data(), sizeof first);
    std::memcpy(&last, nonce.data() + sizeof first, sizeof last);
    words_ = Words{first, last};
  }
  const std::uint8_t* data() const { return reinterpret_cast<const std::uint8_t*>(&words_); }

 private:
  using Words = std::uint64_t __attribute__((vector_size(16)));
  Words words_;
};

using Tag = std::array<std::uint8_t, kTagSize>;
static_assert(kTagSize == crypto_verify_16_BYTES);

// In constant time. A plaintext that is not authentic does not stay.
bool accept(const Tag& tag, MutableBytes ciphertext_then_tag) {
  const std::size_t size = ciphertext_then_tag.size() - kTagSize;
  if (crypto_verify_16(tag.data(), &ciphertext_then_tag[size]) == 0) return true;
  std::memset(ciphertext_then_tag.data(), 0, size);
  return false;
}

namespace aes {

static_assert(sizeof(gcm_key_data) <= AeadKey::kPreparedSize);
static_assert(alignof(gcm_key_data) <= AeadKey::kPreparedAlignment);

const gcm_key_data* key_data(const std::uint8_t* prepared) {
  return reinterpret_cast<const gcm_key_data*>(prepared);
}

void prepare(const std::uint8_t* key, std::uint8_t* prepared) {
  IMB_AES256_GCM_PRE(library().manager(), key, reinterpret_cast<gcm_key_data*>(prepared));
}

// One call a packet: the code works on many blocks of it in parallel, and a batch of packets gains
// nothing over that. The context holds no secret afterwards (IMB_FEATURE_SAFE_DATA).
void seal(const std::uint8_t* prepared,
          const AeadNonce& nonce,
          Bytes additional_data,
          Bytes plaintext,
          std::uint8_t* sealed) {
  const NonceInOneStore iv(nonce);
  gcm_context_data context;
  IMB_AES256_GCM_ENC(library().manager(), key_data(prepared), &context, sealed, plaintext.data(),
                     plaintext.size(), iv.data(), additional_data.data(), additional_data.size(),
                     sealed + plaintext.size(), kTagSize);
}

bool open(const std::uint8_t* prepared,
          const AeadNonce& nonce,
          Bytes additional_data,
          MutableBytes ciphertext_then_tag) {
  const NonceInOneStore iv(nonce);
  gcm_context_data context;
  Tag tag;
  std::uint8_t* const text = ciphertext_then_tag.data();
  IMB_AES256_GCM_DEC(library().manager(), key_data(prepared), &context, text, text,
                     ciphertext_then_tag.size() - kTagSize, iv.data(), additional_data.data(),
                     additional_data.size(), tag.data(), kTagSize);
  return accept(tag, ciphertext_then_tag);
}

constexpr CipherFunctions kFunctions{prepare, seal, open};

}  // namespace aes

namespace chacha {

// Nothing is prepared: the key itself stands in front.
void prepare(const std::uint8_t* key, std::uint8_t* prepared) { std::memcpy(prepared, key, 32); }

struct Output {
  std::uint8_t* text;
  std::uint8_t* tag;
};

// A job is done at once when it is submitted. It makes the one-time key and the first of the key
// stream together, so that it takes half the time of the library's direct calls for small packets.
void run(IMB_CIPHER_DIRECTION direction,
         const std::uint8_t* prepared,
         const AeadNonce& nonce,
         Bytes additional_data,
         Bytes from,
         Output to) {
  const NonceInOneStore iv(nonce);
  IMB_MGR* const manager = manager_of_this_thread();
  IMB_JOB* const job = IMB_GET_NEXT_JOB(manager);
  job->cipher_mode = IMB_CIPHER_CHACHA20_POLY1305;
  job->hash_alg = IMB_AUTH_CHACHA20_POLY1305;
  job->cipher_direction = direction;
  job->chain_order = direction == IMB_DIR_ENCRYPT ? IMB_ORDER_CIPHER_HASH : IMB_ORDER_HASH_CIPHER;
  job->enc_keys = prepared;
  job->dec_keys = prepared;
  job->key_len_in_bytes = 32;
  job->iv = iv.data();
  job->iv_len_in_bytes = nonce.size();
  job->u.CHACHA20_POLY1305.aad = additional_data.data();
  job->u.CHACHA20_POLY1305.aad_len_in_bytes = additional_data.size();
  job->src = from.data();
  job->dst = to.text;
  job->cipher_start_src_offset_in_bytes = 0;
  job->msg_len_to_cipher_in_bytes = from.size();
  job->hash_start_src_offset_in_bytes = 0;
  job->msg_len_to_hash_in_bytes = from.size();
  job->auth_tag_output = to.tag;
  job->auth_tag_output_len_in_bytes = kTagSize;
  const IMB_JOB* const done = IMB_SUBMIT_JOB_NOCHECK(manager);
  assert(done == job && done->status == IMB_STATUS_COMPLETED);
}

void seal(const std::uint8_t* prepared,
          const AeadNonce& nonce,
          Bytes additional_data,
          Bytes plaintext,
          std::uint8_t* sealed) {
  run(IMB_DIR_ENCRYPT, prepared, nonce, additional_data, plaintext,
      {sealed, sealed + plaintext.size()});
}

bool open(const std::uint8_t* prepared,
          const AeadNonce& nonce,
          Bytes additional_data,
          MutableBytes ciphertext_then_tag) {
  const MutableBytes text = ciphertext_then_tag.first(ciphertext_then_tag.size() - kTagSize);
  Tag tag;
  run(IMB_DIR_DECRYPT, prepared, nonce, additional_data, text, {text.data(), tag.data()});
  return accept(tag, ciphertext_then_tag);
}

constexpr CipherFunctions kFunctions{prepare, seal, open};

}  // namespace chacha

}  // namespace

bool has_ipsec_mb() { return true; }

const CipherFunctions* ipsec_mb_cipher(Aead aead) {
  // A library that fails its own test, or that leaves secrets in registers and on the stack, is not
  // used.
  if (!library().has(IMB_FEATURE_SELF_TEST_PASS | IMB_FEATURE_SAFE_DATA)) return nullptr;
  switch (aead) {
    case Aead::chacha20_poly1305: return &chacha::kFunctions;
    case Aead::aes_256_gcm:
      return library().has(IMB_FEATURE_AESNI | IMB_FEATURE_PCLMULQDQ) ? &aes::kFunctions : nullptr;
  }
  return nullptr;
}

}  // namespace lanyard::crypto

#endif
