// SPDX-License-Identifier: Apache-2.0
#include "core/base/bech32m.h"

#include <algorithm>

namespace lanyard::bech32m {

namespace {

constexpr std::string_view kAlphabet = "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L";  // BIP 173
constexpr std::uint32_t kConstant = 0x2bc830a3;                             // BIP 350
constexpr std::size_t kChecksumLength = 6;
// A file or a chat pasted by mistake is refused before it is worked on.
constexpr std::size_t kMaxTextLength = 4096;

class Checksum {
 public:
  void add(std::uint8_t value) {
    const std::uint32_t top = state_ >> 25;
    state_ = (state_ & 0x1ffffff) << 5 ^ value;
    constexpr std::array<std::uint32_t, 5> generator = {0x3b6a57b2, 0x26508e6d, 0x1ea119fa,
                                                        0x3d4233dd, 0x2a1462b3};
    for (std::size_t i = 0; i < generator.size(); ++i) {
      if ((top >> i & 1) != 0) state_ ^= generator[i];
    }
  }
  // BIP 173: the prefix counts in lower case, high bits first.
  void add_prefix(std::string_view lower) {
    for (const char c : lower) add(static_cast<std::uint8_t>(c >> 5));
    add(0);
    for (const char c : lower) add(static_cast<std::uint8_t>(c & 31));
  }
  std::uint32_t state() const { return state_; }

 private:
  std::uint32_t state_ = 1;
};

bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
char to_upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; }
char to_lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

template <typename Change>
std::string mapped(std::string_view text, Change change) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), change);
  return out;
}

// 8-bit groups to 5-bit groups, zero-padded at the end.
std::vector<std::uint8_t> to_groups(Bytes payload) {
  std::vector<std::uint8_t> out;
  std::uint32_t bits = 0;
  int count = 0;
  for (const std::uint8_t byte : payload) {
    bits = bits << 8 | byte;
    count += 8;
    while (count >= 5) {
      count -= 5;
      out.push_back(static_cast<std::uint8_t>(bits >> count & 31));
    }
  }
  if (count > 0) out.push_back(static_cast<std::uint8_t>(bits << (5 - count) & 31));
  return out;
}

// The reverse; nothing when the padding is not zero or is a whole group (BIP 173).
std::optional<Buffer> from_groups(Bytes groups) {
  Buffer out;
  std::uint32_t bits = 0;
  int count = 0;
  for (const std::uint8_t group : groups) {
    bits = bits << 5 | group;
    count += 5;
    if (count >= 8) {
      count -= 8;
      out.push_back(static_cast<std::uint8_t>(bits >> count));
    }
  }
  if (count >= 5 || (bits & ((1U << count) - 1)) != 0) return std::nullopt;
  return out;
}

}  // namespace

std::string encode(std::string_view prefix, Bytes payload) {
  Checksum checksum;
  checksum.add_prefix(mapped(prefix, to_lower));
  std::string out = mapped(prefix, to_upper) + "1";
  for (const std::uint8_t group : to_groups(payload)) {
    checksum.add(group);
    out += kAlphabet[group];
  }
  for (std::size_t i = 0; i < kChecksumLength; ++i) checksum.add(0);
  const std::uint32_t value = checksum.state() ^ kConstant;
  for (std::size_t i = 0; i < kChecksumLength; ++i) {
    out += kAlphabet[value >> (5 * (kChecksumLength - 1 - i)) & 31];
  }
  return out;
}

Result<Buffer> decode(std::string_view prefix, std::string_view text) {
  if (text.size() > kMaxTextLength) {
    return make_error(Errc::invalid, "this is too long to be a token");
  }
  std::string compact;
  for (const char c : text) {
    if (!is_space(c)) compact += to_upper(c);
  }
  const std::string expected = mapped(prefix, to_upper) + "1";
  if (!compact.starts_with(expected)) {
    return make_error(Errc::invalid, "this is not a token: it does not begin with " + expected);
  }
  Checksum checksum;
  checksum.add_prefix(mapped(prefix, to_lower));
  std::vector<std::uint8_t> groups;
  for (std::size_t i = expected.size(); i < compact.size(); ++i) {
    const std::size_t value = kAlphabet.find(compact[i]);
    if (value == std::string_view::npos) {
      return make_error(
          Errc::invalid,
          "the token is mistyped: character " + std::to_string(i + 1) + " cannot occur in one",
          "copy the whole token again");
    }
    groups.push_back(static_cast<std::uint8_t>(value));
    checksum.add(groups.back());
  }
  if (groups.size() < kChecksumLength || checksum.state() != kConstant) {
    return make_error(Errc::invalid,
                      "the token is mistyped or cut short: its checksum does not match",
                      "copy the whole token again");
  }
  groups.resize(groups.size() - kChecksumLength);
  auto payload = from_groups(groups);
  if (!payload) return make_error(Errc::invalid, "the token is malformed");
  return *std::move(payload);
}

}  // namespace lanyard::bech32m
