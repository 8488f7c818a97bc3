// SPDX-License-Identifier: Apache-2.0
// Integers in network byte order, at any alignment. The caller has checked the bounds.
#pragma once

#include <cstddef>
#include <cstdint>

namespace lanyard {

// Reads sizeof(T) bytes, most significant first.
template <typename T>
T load_be(const std::uint8_t* from) {
  T value = 0;
  for (std::size_t i = 0; i < sizeof(T); ++i) value = static_cast<T>(value << 8 | from[i]);
  return value;
}

template <>
inline std::uint8_t load_be<std::uint8_t>(const std::uint8_t* from) {
  return *from;
}

template <typename T>
void store_be(std::uint8_t* to, T value) {
  for (std::size_t i = sizeof(T); i-- > 0;) {
    to[i] = static_cast<std::uint8_t>(value);
    if constexpr (sizeof(T) > 1) value = static_cast<T>(value >> 8);
  }
}

// 24-bit integers: Lanyard's session indices, VXLAN's network identifiers.
inline std::uint32_t load_be24(const std::uint8_t* from) {
  return std::uint32_t{from[0]} << 16 | std::uint32_t{from[1]} << 8 | from[2];
}

inline void store_be24(std::uint8_t* to, std::uint32_t value) {
  to[0] = static_cast<std::uint8_t>(value >> 16);
  to[1] = static_cast<std::uint8_t>(value >> 8);
  to[2] = static_cast<std::uint8_t>(value);
}

}  // namespace lanyard
