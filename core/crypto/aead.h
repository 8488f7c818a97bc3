// SPDX-License-Identifier: Apache-2.0
// Authenticated encryption: the two ciphers that sessions choose from, without allocation, each by
// one of several back ends (aead_backends.h says which are here), and sealed boxes
// (XChaCha20-Poly1305 under a random nonce) for single small messages. Counting nonces, and never
// using one twice, is the caller's task.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "core/base/bytes.h"
#include "core/base/rng.h"
#include "core/crypto/secret.h"

namespace lanyard::crypto {

// The numbers are on the wire: bits of the AEAD mask and the context of data keys.
enum class Aead : std::uint8_t { chacha20_poly1305 = 1, aes_256_gcm = 2 };

using AeadMask = std::uint64_t;

// The libraries that can do the work. Which one does is this machine's matter alone: their output
// is the same, byte for byte.
enum class AeadBackend : std::uint8_t {
  libsodium,  // always built in
  ipsec_mb,   // Intel's, built in on x86-64 when its header was there
#ifdef LANYARD_TEST_NULL_CIPHER
  null,  // ENCRYPTS NOTHING: only to measure what encryption costs
#endif
};

// Which one to use for each cipher.
struct AeadBackends {
  AeadBackend aes_256_gcm = AeadBackend::libsodium;
  AeadBackend chacha20_poly1305 = AeadBackend::libsodium;

  AeadBackend of(Aead aead) const {
    return aead == Aead::aes_256_gcm ? aes_256_gcm : chacha20_poly1305;
  }
  bool operator==(const AeadBackends&) const = default;
};

inline constexpr std::size_t kTagSize = 16;       // RFC 8439 section 2.8; AES-GCM: SP 800-38D
inline constexpr std::size_t kBoxNonceSize = 24;  // XChaCha20's, long enough to be drawn at random
inline constexpr std::size_t kBoxOverhead = kBoxNonceSize + kTagSize;

std::string_view name(Aead aead);

// What this machine can do: ChaCha20-Poly1305 always, AES-256-GCM when some back end has it here.
AeadMask supported_aeads();
// The highest bit that both have and that we know; nothing when there is none.
std::optional<Aead> choose_aead(AeadMask ours, AeadMask theirs);

// The key of one direction of a session: derive(split key, "data", AEAD number).
Secret<32> data_key(const Secret<32>& split_key, Aead aead);

// 12 bytes, as both ciphers take them (RFC 5116 section 5.1).
using AeadNonce = std::array<std::uint8_t, 12>;

// The Noise encoding of a counter: four zero bytes, then eight, little-endian for ChaCha20-Poly1305
// and big-endian for AES-256-GCM (Noise revision 34, section 12).
AeadNonce noise_nonce(Aead aead, std::uint64_t counter);

struct CipherFunctions;

// A key made ready for use by one back end. seal and open change nothing in it: many threads may
// call them at once. The key is wiped when destroyed or moved from.
class AeadKey {
 public:
  static constexpr std::size_t kPreparedSize = 1024;     // ipsec-mb's AES-256-GCM key, the largest
  static constexpr std::size_t kPreparedAlignment = 64;  // the same key's

  // By libsodium. A cipher that the back end does not have on this machine ends the process.
  AeadKey(Aead aead, const Secret<32>& key) : AeadKey(aead, AeadBackend::libsodium, key) {}
  AeadKey(Aead aead, AeadBackend backend, const Secret<32>& key);

  Aead aead() const { return aead_; }
  AeadBackend backend() const { return backend_; }

  // sealed is kTagSize bytes longer than the plaintext. The two begin at the same byte, or do not
  // overlap.
  void seal(const AeadNonce& nonce,
            Bytes additional_data,
            Bytes plaintext,
            MutableBytes sealed) const;
  // Encrypts in place. The last kTagSize bytes are room for the tag, so there are at least those.
  void seal(const AeadNonce& nonce, Bytes additional_data, MutableBytes plaintext_then_tag) const;
  // Decrypts in place; the plaintext is all but the last kTagSize bytes. False when it is forged or
  // too short: a forged text is all zeros then, and nothing of it is left.
  [[nodiscard]] bool open(const AeadNonce& nonce,
                          Bytes additional_data,
                          MutableBytes ciphertext_then_tag) const;

  // The same with the Noise encoding of a counter for a nonce.
  void seal(std::uint64_t counter,
            Bytes additional_data,
            Bytes plaintext,
            MutableBytes sealed) const {
    seal(noise_nonce(aead_, counter), additional_data, plaintext, sealed);
  }
  void seal(std::uint64_t counter, Bytes additional_data, MutableBytes plaintext_then_tag) const {
    seal(noise_nonce(aead_, counter), additional_data, plaintext_then_tag);
  }
  [[nodiscard]] bool open(std::uint64_t counter,
                          Bytes additional_data,
                          MutableBytes ciphertext_then_tag) const {
    return open(noise_nonce(aead_, counter), additional_data, ciphertext_then_tag);
  }

 private:
  Aead aead_;
  AeadBackend backend_;
  const CipherFunctions* functions_;  // of static storage
  // What the back end made of the key: round keys and powers of the hash key, for instance.
  alignas(kPreparedAlignment) Secret<kPreparedSize> prepared_;
};

// nonce 24 || ciphertext || tag 16
Buffer seal_box(const Secret<32>& key, Rng& rng, Bytes additional_data, Bytes plaintext);
std::optional<Buffer> open_box(const Secret<32>& key, Bytes additional_data, Bytes box);

}  // namespace lanyard::crypto
