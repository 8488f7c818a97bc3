// SPDX-License-Identifier: Apache-2.0
// One's complement sums in the byte order of the machine, for headers of a size that the compiler
// knows. RFC 1071 section 2: such a sum may be taken in either byte order and in wider words, and
// be folded and swapped at the end.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "core/vswitch/offload/header_fields.h"

namespace lanyard::vswitch {

// Adds to a sum that has not been folded yet; good for thousands of words.
inline std::uint64_t sum_of_words(const std::uint8_t* words, std::size_t count, std::uint64_t sum) {
  for (std::size_t i = 0; i < count; ++i) {
    std::uint32_t word = 0;
    std::memcpy(&word, words + 4 * i, sizeof word);
    sum += word;
  }
  return sum;
}

// To 16 bits, with all carries added; 0 only for 0.
constexpr std::uint16_t fold(std::uint64_t sum) {
  sum = (sum & 0xffffffff) + (sum >> 32);  // 33 bits
  sum = (sum & 0xffff) + (sum >> 16);      // 18 bits: 0xffff + 0x1ffff at most
  sum = (sum & 0xffff) + (sum >> 16);      // 17 bits
  sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<std::uint16_t>(sum);
}

// A folded sum from the machine's byte order to network byte order, or back.
constexpr std::uint16_t swapped_on_little_endian(std::uint16_t sum) {
  if constexpr (std::endian::native == std::endian::big) return sum;
  return static_cast<std::uint16_t>(sum << 8 | sum >> 8);
}

// Of an IPv4 header without options, in network byte order; 0xffff where its checksum is right.
inline std::uint16_t ipv4_header_sum(const std::uint8_t* ip) {
  return swapped_on_little_endian(fold(sum_of_words(ip, ipv4::kMinHeaderSize / 4, 0)));
}

}  // namespace lanyard::vswitch
