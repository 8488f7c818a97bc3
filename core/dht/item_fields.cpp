// SPDX-License-Identifier: Apache-2.0
#include "core/dht/item_fields.h"

namespace lanyard::dht {

std::variant<Item, ErrorCode> item_of_put(const ItemFields& fields) {
  if (fields.value.empty()) return ErrorCode::protocol;
  if (fields.value.size() > kMaxValueBytes) return ErrorCode::value_too_big;
  if (fields.key.empty()) return ImmutableItem{to_buffer(fields.value)};
  if (fields.salt.size() > kMaxSaltBytes) return ErrorCode::salt_too_big;
  const auto key = crypto::ItemPublicKey::from_bytes(fields.key);
  const auto signature = to_array<crypto::kSignatureSize>(fields.signature);
  if (!key || !signature || !fields.sequence || *fields.sequence < 0) return ErrorCode::protocol;
  return MutableItem{.key = *key,
                     .salt = to_buffer(fields.salt),
                     .sequence = *fields.sequence,
                     .value = to_buffer(fields.value),
                     .signature = *signature};
}

ItemFields fields_of(const ImmutableItem& item) {
  ItemFields out;
  out.value = item.value;
  return out;
}

ItemFields fields_of(const MutableItem& item) {
  ItemFields out;
  out.value = item.value;
  out.key = item.key.bytes;
  out.signature = item.signature;
  out.sequence = item.sequence;
  out.salt = item.salt;
  return out;
}

ItemFields fields_of(const Item& item) {
  if (const auto* immutable = std::get_if<ImmutableItem>(&item)) return fields_of(*immutable);
  return fields_of(*std::get_if<MutableItem>(&item));
}

}  // namespace lanyard::dht
