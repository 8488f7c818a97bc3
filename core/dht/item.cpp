// SPDX-License-Identifier: Apache-2.0
#include "core/dht/item.h"

#include <string>

#include "core/base/bencode.h"
#include "core/crypto/hash.h"

namespace lanyard::dht {

namespace {

// What a message around it takes of KRPC's limits (krpc.h): two dictionaries and their other keys.
constexpr bencode::Limits kValueLimits = {
    .depth = 8, .tokens = 460, .order = bencode::Order::lenient};

}  // namespace

ItemTarget ItemTarget::of_value(Bytes value) { return {crypto::sha1({value})}; }

ItemTarget ItemTarget::of_key(const crypto::ItemPublicKey& key, Bytes salt) {
  return {crypto::sha1({key.bytes, salt})};
}

ItemTarget target_of(const Item& item) {
  if (const auto* immutable = std::get_if<ImmutableItem>(&item)) return immutable->target();
  return std::get_if<MutableItem>(&item)->target();
}

const Buffer& value_of(const Item& item) {
  if (const auto* immutable = std::get_if<ImmutableItem>(&item)) return immutable->value;
  return std::get_if<MutableItem>(&item)->value;
}

std::optional<std::int64_t> sequence_of(const Item& item) {
  const auto* version = std::get_if<MutableItem>(&item);
  if (version == nullptr) return std::nullopt;
  return version->sequence;
}

bool is_storable(Bytes value) {
  return value.size() <= kMaxValueBytes && bencode::parse(value, kValueLimits).has_value();
}

std::optional<MutableItem> sign_item(const crypto::ItemKey& key,
                                     Bytes salt,
                                     std::int64_t sequence,
                                     Bytes value) {
  if (salt.size() > kMaxSaltBytes || sequence < 0 || !is_storable(value)) return std::nullopt;
  return MutableItem{.key = key.public_key(),
                     .salt = to_buffer(salt),
                     .sequence = sequence,
                     .value = to_buffer(value),
                     .signature = key.sign(signed_part(salt, sequence, value))};
}

bool is_genuine(const MutableItem& item) {
  return crypto::verify(item.key, signed_part(item.salt, item.sequence, item.value),
                        item.signature);
}

Buffer signed_part(Bytes salt, std::int64_t sequence, Bytes value) {
  Buffer out;
  out.reserve(value.size() + salt.size() + 48);
  if (!salt.empty()) {
    append(out, "4:salt");
    append(out, std::to_string(salt.size()));
    append(out, ":");
    append(out, salt);
  }
  append(out, "3:seqi");
  append(out, std::to_string(sequence));
  append(out, "e1:v");
  append(out, value);
  return out;
}

}  // namespace lanyard::dht
