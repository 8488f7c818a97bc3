// SPDX-License-Identifier: Apache-2.0
// Integers in network byte order, at any alignment. The caller has checked the bounds. Each is one
// load or store: packets are read back in larger pieces, and a load that spans several fresh stores
// waits for all of them.
#pragma once

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace lanyard {

template <std::unsigned_integral T>
constexpr T byte_swapped(T value) {
  if constexpr (sizeof(T) == 8) return __builtin_bswap64(value);
  if constexpr (sizeof(T) == 4) return __builtin_bswap32(value);
  if constexpr (sizeof(T) == 2) return __builtin_bswap16(value);
  return value;
}

// To network byte order or from it.
template <std::unsigned_integral T>
constexpr T big_endian(T value) {
  return std::endian::native == std::endian::big ? value : byte_swapped(value);
}

// Reads sizeof(T) bytes, most significant first.
template <std::unsigned_integral T>
T load_be(const std::uint8_t* from) {
  T value = 0;
  std::memcpy(&value, from, sizeof value);
  return big_endian(value);
}

template <std::unsigned_integral T>
void store_be(std::uint8_t* to, T value) {
  value = big_endian(value);
  std::memcpy(to, &value, sizeof value);
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
