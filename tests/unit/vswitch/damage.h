// SPDX-License-Identifier: Apache-2.0
// Ways to spoil a frame, for the tests of offloads.
#pragma once

#include "core/base/bytes.h"

namespace lanyard::vswitch::test {

// Every proper prefix, and every frame with one bit of its first `flipped_bytes` flipped, each in a
// buffer of its own exact size, so that a sanitizer sees a read beyond it.
template <typename Visit>
void each_damage(const Buffer& whole, std::size_t flipped_bytes, const Visit& visit) {
  for (std::size_t size = 0; size < whole.size(); ++size) {
    visit(to_buffer(Bytes(whole).first(size)));
  }
  for (std::size_t bit = 0; bit < flipped_bytes * 8; ++bit) {
    Buffer flipped = whole;
    flipped[bit / 8] ^= static_cast<std::uint8_t>(1u << bit % 8);
    visit(flipped);
  }
}

}  // namespace lanyard::vswitch::test
