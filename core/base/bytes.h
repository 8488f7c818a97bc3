// SPDX-License-Identifier: Apache-2.0
// Byte views and buffers, and the few conversions that every room needs.
// A Bytes parameter is borrowed for the call alone unless its function says otherwise.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace lanyard {

using Bytes = std::span<const std::uint8_t>;
using MutableBytes = std::span<std::uint8_t>;
using Buffer = std::vector<std::uint8_t>;

inline Bytes as_bytes(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

// The text is as long-lived as the bytes; nothing says that it is UTF-8.
inline std::string_view as_text(Bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

inline Buffer to_buffer(Bytes bytes) { return {bytes.begin(), bytes.end()}; }
inline std::string to_string(Bytes bytes) { return std::string(as_text(bytes)); }

inline void append(Buffer& out, Bytes bytes) { out.insert(out.end(), bytes.begin(), bytes.end()); }
inline void append(Buffer& out, std::string_view text) { append(out, as_bytes(text)); }

inline bool equal(Bytes a, Bytes b) {
  return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), a.size()) == 0);
}

// Copies exactly N bytes; nothing when the length differs.
template <std::size_t N>
std::optional<std::array<std::uint8_t, N>> to_array(Bytes bytes) {
  if (bytes.size() != N) return std::nullopt;
  std::array<std::uint8_t, N> out{};
  std::memcpy(out.data(), bytes.data(), N);
  return out;
}

// Lower-case hexadecimal, two digits a byte.
std::string to_hex(Bytes bytes);
// Either case; nothing for an odd length or a character that is not a digit.
std::optional<Buffer> from_hex(std::string_view text);

}  // namespace lanyard
