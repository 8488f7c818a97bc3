// SPDX-License-Identifier: Apache-2.0
// Items of BEP 44: small values that the DHT stores for two hours. An immutable one is found by the
// hash of its value; a mutable one by the key that it is signed with, and a salt that tells several
// items of one key apart. Whoever has the key may put newer versions, whoever has the item may put
// it again.
//
//   target of an immutable item = SHA-1(value)
//   target of a mutable item    = SHA-1(key || salt)
//   signed is                     [4:salt LENGTH:SALT] 3:seqi SEQUENCE e1:v VALUE
//
// A value is one bencoded value, kept byte for byte: another encoding of it is another item.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <variant>

#include "core/base/bytes.h"
#include "core/crypto/item_key.h"
#include "core/dht/node_id.h"

namespace lanyard::dht {

inline constexpr std::size_t kMaxValueBytes = 1000;  // BEP 44: more may be refused; bencoded
inline constexpr std::size_t kMaxSaltBytes = 64;     // BEP 44

// What an item is stored under and looked up by.
struct ItemTarget {
  std::array<std::uint8_t, kIdBytes> bytes{};

  static ItemTarget of_value(Bytes value);
  static ItemTarget of_key(const crypto::ItemPublicKey& key, Bytes salt);

  // Where in the space of nodes it lies.
  NodeId position() const { return {bytes}; }

  auto operator<=>(const ItemTarget&) const = default;
};

struct ImmutableItem {
  Buffer value;

  ItemTarget target() const { return ItemTarget::of_value(value); }
  bool operator==(const ImmutableItem&) const = default;
};

struct MutableItem {
  crypto::ItemPublicKey key;
  Buffer salt;
  std::int64_t sequence = 0;  // of versions the highest is the newest; never negative
  Buffer value;
  crypto::Signature signature{};

  ItemTarget target() const { return ItemTarget::of_key(key, salt); }
  bool operator==(const MutableItem&) const = default;
};

using Item = std::variant<ImmutableItem, MutableItem>;

ItemTarget target_of(const Item& item);
const Buffer& value_of(const Item& item);
// Nothing for immutable items.
std::optional<std::int64_t> sequence_of(const Item& item);

// Whether others would take this value: one bencoded value within the limits of size and depth.
bool is_storable(Bytes value);

// A version of an item. Two that differ must never have the same sequence: nodes keep the one that
// they saw first. Nothing for what others would refuse.
std::optional<MutableItem> sign_item(const crypto::ItemKey& key,
                                     Bytes salt,
                                     std::int64_t sequence,
                                     Bytes value);
bool is_genuine(const MutableItem& item);
// The exact bytes that are signed.
Buffer signed_part(Bytes salt, std::int64_t sequence, Bytes value);

}  // namespace lanyard::dht
