// SPDX-License-Identifier: Apache-2.0
// Short ways to make items in the tests of the DHT.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/base/bencode.h"
#include "core/dht/item.h"

namespace lanyard::dht {

inline crypto::ItemKey item_key(std::uint8_t number) {
  return *crypto::ItemKey::from_seed(Buffer(32, number));
}

// A bencoded string of this length.
inline Buffer text_value(std::size_t length) {
  return bencode::Writer().string(std::string(length, 'v')).take();
}

inline MutableItem version(std::uint8_t key,
                           std::int64_t sequence,
                           std::string_view text,
                           std::string_view salt = {}) {
  const Buffer value = bencode::Writer().string(text).take();
  return *sign_item(item_key(key), as_bytes(salt), sequence, value);
}

inline ImmutableItem immutable(std::string_view text) {
  return {bencode::Writer().string(text).take()};
}

}  // namespace lanyard::dht
