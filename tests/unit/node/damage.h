// SPDX-License-Identifier: Apache-2.0
// Ways to spoil an encoding, for the tests of this folder.
#pragma once

#include <algorithm>
#include <string_view>

#include <doctest/doctest.h>

#include "core/base/bytes.h"

namespace lanyard::node::test {

// Every proper prefix, the empty one too.
template <typename Visit>
void each_prefix(const Buffer& whole, const Visit& visit) {
  for (std::size_t size = 0; size < whole.size(); ++size) visit(Bytes(whole).first(size));
}

// With one bit flipped. A step above 1 leaves bits out where each look is dear; an odd one still
// comes to all eight bits of a byte in turn.
template <typename Visit>
void each_flip(const Buffer& whole, const Visit& visit, std::size_t step = 1) {
  Buffer flipped = whole;
  for (std::size_t bit = 0; bit < whole.size() * 8; bit += step) {
    const auto mask = static_cast<std::uint8_t>(1u << bit % 8);
    flipped[bit / 8] ^= mask;
    visit(Bytes(flipped));
    flipped[bit / 8] ^= mask;
  }
}

// The first occurrence of one text replaced by another.
inline Buffer replaced(const Buffer& whole, std::string_view from, std::string_view to) {
  const Bytes wanted = as_bytes(from);
  const auto at = std::search(whole.begin(), whole.end(), wanted.begin(), wanted.end());
  REQUIRE(at != whole.end());
  Buffer out(whole.begin(), at);
  append(out, to);
  append(out, Bytes(whole).subspan(out.size() - to.size() + from.size()));
  return out;
}

}  // namespace lanyard::node::test
