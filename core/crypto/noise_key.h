// SPDX-License-Identifier: Apache-2.0
// X25519 keys (RFC 7748) as Noise uses them: the static key of a node in a network, and the
// ephemeral one of a handshake.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <utility>

#include "core/base/bytes.h"
#include "core/crypto/secret.h"

namespace lanyard::crypto {

inline constexpr std::size_t kNoiseKeySize = 32;  // RFC 7748 section 5: DHLEN of "25519"

// Any 32 bytes; whether they are fit for an exchange shows in dh().
struct NoisePublicKey {
  std::array<std::uint8_t, kNoiseKeySize> bytes{};

  static std::optional<NoisePublicKey> from_bytes(Bytes from);

  friend bool operator==(const NoisePublicKey&, const NoisePublicKey&) = default;
  friend auto operator<=>(const NoisePublicKey&, const NoisePublicKey&) = default;
};

// The private key with its public one; the private part is wiped when destroyed or moved from.
class NoiseKey {
 public:
  static NoiseKey generate(Rng& rng);
  // Nothing unless there are 32 bytes. They are clamped when used (RFC 7748 section 5), not here.
  static std::optional<NoiseKey> from_bytes(Bytes private_bytes);

  NoiseKey clone() const;

  const NoisePublicKey& public_key() const { return public_; }
  // Secret; borrowed from this key. All that has to be stored.
  Bytes private_bytes() const { return private_.bytes(); }

 private:
  explicit NoiseKey(Secret<kNoiseKeySize> private_key);
  NoiseKey(Secret<kNoiseKeySize> private_key, const NoisePublicKey& public_key)
      : private_(std::move(private_key)), public_(public_key) {}

  Secret<kNoiseKeySize> private_;
  NoisePublicKey public_;
};

// The shared secret. Nothing when it would be all zero: the other key is of small order, and its
// sender tries to fix the secret (RFC 7748 section 6.1).
std::optional<Secret<32>> dh(const NoiseKey& ours, const NoisePublicKey& theirs);

}  // namespace lanyard::crypto
