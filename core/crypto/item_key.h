// SPDX-License-Identifier: Apache-2.0
// The Ed25519 keys that mutable items of the DHT are signed with (BEP 44). What they sign is laid
// down by that BEP and carries no label of ours, so they are a type apart from all other keys: what
// one of them signed holds nowhere else, and no other key signs what it is not meant to.
#pragma once

#include <optional>
#include <utility>

#include "core/crypto/signing.h"

namespace lanyard::crypto {

struct ItemRole {};
using ItemPublicKey = PublicKey<ItemRole>;

// The private key; wiped when destroyed or moved from.
class ItemKey {
 public:
  // Nothing unless the seed has 32 bytes. It remains the caller's to wipe.
  static std::optional<ItemKey> from_seed(Bytes seed) {
    if (seed.size() != kSigningKeySize) return std::nullopt;
    return ItemKey(ed25519::expand(seed));
  }

  const ItemPublicKey& public_key() const { return public_; }
  Signature sign(Bytes message) const { return ed25519::sign(expanded_, message); }

 private:
  explicit ItemKey(Secret<64> expanded)
      : expanded_(std::move(expanded)),
        public_(*ItemPublicKey::from_bytes(Bytes(expanded_.bytes()).subspan(kSigningKeySize))) {}

  Secret<64> expanded_;
  ItemPublicKey public_;
};

inline bool verify(const ItemPublicKey& key, Bytes message, const Signature& signature) {
  return ed25519::verify(key.bytes, message, signature);
}

}  // namespace lanyard::crypto
