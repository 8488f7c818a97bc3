// SPDX-License-Identifier: Apache-2.0
// Ed25519 keys (RFC 8032), one type per role, so that an invite key is never taken for an identity
// key. What is signed is always "lanyard/1 " label 0x00 body, so that a signature made for one kind
// of record holds for no other. What a body says is the business of core/network.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

#include "core/base/bytes.h"
#include "core/crypto/secret.h"

namespace lanyard::crypto {

inline constexpr std::size_t kSigningKeySize = 32;  // RFC 8032 section 5.1.5: seed and public key
inline constexpr std::size_t kSignatureSize = 64;   // RFC 8032 section 5.1.6

using Signature = std::array<std::uint8_t, kSignatureSize>;

// Plain Ed25519 over exact bytes: what the typed keys below are made of.
namespace ed25519 {

using PublicBytes = std::array<std::uint8_t, kSigningKeySize>;

// The seed followed by the public key, as libsodium signs with it. The seed has 32 bytes.
Secret<64> expand(Bytes seed);
Signature sign(const Secret<64>& key, Bytes message);
// False also for signatures and keys that are not in canonical form and for keys of small order.
bool verify(const PublicBytes& key, Bytes message, const Signature& signature);

// "lanyard/1 " label 0x00 body
Buffer labelled(std::string_view label, Bytes body);

}  // namespace ed25519

// Any 32 bytes are a PublicKey; whether it is a point on the curve shows when it is verified with.
template <typename Role>
struct PublicKey {
  ed25519::PublicBytes bytes{};

  static std::optional<PublicKey> from_bytes(Bytes from) {
    const auto array = to_array<kSigningKeySize>(from);
    if (!array) return std::nullopt;
    return PublicKey{*array};
  }

  friend bool operator==(const PublicKey&, const PublicKey&) = default;
  friend auto operator<=>(const PublicKey&, const PublicKey&) = default;
};

template <typename Role>
bool verify(const PublicKey<Role>& key,
            std::string_view label,
            Bytes body,
            const Signature& signature) {
  return ed25519::verify(key.bytes, ed25519::labelled(label, body), signature);
}

// The private key; wiped when destroyed or moved from.
template <typename Role>
class SigningKey {
 public:
  static SigningKey generate(Rng& rng) {
    return SigningKey(Secret<kSigningKeySize>::random(rng).bytes());
  }
  // Nothing unless the seed has 32 bytes.
  static std::optional<SigningKey> from_seed(Bytes seed) {
    if (seed.size() != kSigningKeySize) return std::nullopt;
    return SigningKey(seed);
  }

  SigningKey clone() const { return SigningKey(seed()); }

  PublicKey<Role> public_key() const {
    return *PublicKey<Role>::from_bytes(Bytes(expanded_.bytes()).subspan(kSigningKeySize));
  }
  // Secret; borrowed from this key. All that has to be stored.
  Bytes seed() const { return Bytes(expanded_.bytes()).first(kSigningKeySize); }

  Signature sign(std::string_view label, Bytes body) const {
    return ed25519::sign(expanded_, ed25519::labelled(label, body));
  }

 private:
  explicit SigningKey(Bytes seed) : expanded_(ed25519::expand(seed)) {}

  Secret<64> expanded_;
};

// Signs charters, founders and grants; stays on the machine that made the network.
struct AdminRole {};
// A member of one network.
struct IdentityRole {};
// Made from the seed in a token; signs the claim of whoever holds the token.
struct InviteRole {};

using AdminKey = SigningKey<AdminRole>;
using AdminPublicKey = PublicKey<AdminRole>;
using IdentityKey = SigningKey<IdentityRole>;
using IdentityPublicKey = PublicKey<IdentityRole>;
using InviteKey = SigningKey<InviteRole>;
using InvitePublicKey = PublicKey<InviteRole>;

}  // namespace lanyard::crypto
