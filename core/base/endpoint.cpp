// SPDX-License-Identifier: Apache-2.0
#include "core/base/endpoint.h"

#include <algorithm>
#include <cassert>
#include <charconv>

#include "core/base/endian.h"

namespace lanyard {

namespace {

// Decimal without sign or leading zero, at most `limit`.
std::optional<std::uint32_t> parse_decimal(std::string_view text, std::uint32_t limit) {
  if (text.empty() || text.size() > 5 || (text.size() > 1 && text[0] == '0')) return std::nullopt;
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value > limit) {
    return std::nullopt;
  }
  return value;
}

std::optional<std::array<std::uint8_t, 4>> parse_v4(std::string_view text) {
  std::array<std::uint8_t, 4> out{};
  for (std::size_t i = 0; i < 4; ++i) {
    const std::size_t dot = i < 3 ? text.find('.') : text.size();
    if (dot == std::string_view::npos) return std::nullopt;
    const auto part = parse_decimal(text.substr(0, dot), 255);
    if (!part) return std::nullopt;
    out[i] = static_cast<std::uint8_t>(*part);
    text.remove_prefix(i < 3 ? dot + 1 : dot);
  }
  return out;
}

// Only the last groups of an address may be written as dotted IPv4 (RFC 4291 section 2.2).
enum class Side : std::uint8_t { before_gap, at_end };

bool parse_groups(std::string_view text, Side side, Buffer& out) {
  while (!text.empty()) {
    const std::size_t colon = text.find(':');
    const std::string_view group = text.substr(0, colon);
    if (group.find('.') != std::string_view::npos) {
      const auto v4 = parse_v4(group);
      if (!v4 || side != Side::at_end || colon != std::string_view::npos) return false;
      append(out, Bytes(*v4));
      return true;
    }
    if (group.empty() || group.size() > 4) return false;
    std::uint16_t value = 0;
    const auto [end, error] = std::from_chars(group.data(), group.data() + group.size(), value, 16);
    if (error != std::errc{} || end != group.data() + group.size()) return false;
    out.push_back(static_cast<std::uint8_t>(value >> 8));
    out.push_back(static_cast<std::uint8_t>(value));
    if (colon == std::string_view::npos) return true;
    text.remove_prefix(colon + 1);
    if (text.empty()) return false;
  }
  return true;
}

std::optional<std::array<std::uint8_t, 16>> parse_v6(std::string_view text) {
  Buffer head;
  Buffer tail;
  const std::size_t gap = text.find("::");
  if (gap == std::string_view::npos) {
    if (!parse_groups(text, Side::at_end, head) || head.size() != 16) return std::nullopt;
    return to_array<16>(head);
  }
  const std::string_view right = text.substr(gap + 2);
  if (right.find("::") != std::string_view::npos) return std::nullopt;
  if (!parse_groups(text.substr(0, gap), Side::before_gap, head)) return std::nullopt;
  if (!parse_groups(right, Side::at_end, tail)) return std::nullopt;
  if (head.size() + tail.size() > 14) return std::nullopt;
  std::array<std::uint8_t, 16> out{};
  std::copy(head.begin(), head.end(), out.begin());
  std::copy_backward(tail.begin(), tail.end(), out.end());
  return out;
}

std::string v6_to_string(Bytes bytes) {
  std::array<std::uint16_t, 8> groups{};
  for (std::size_t i = 0; i < 8; ++i) groups[i] = load_be<std::uint16_t>(&bytes[i * 2]);
  // RFC 5952 section 4.2: the first longest run of at least two zero groups becomes "::".
  std::size_t best = 8;
  std::size_t best_length = 1;
  for (std::size_t i = 0; i < 8; ++i) {
    std::size_t length = 0;
    while (i + length < 8 && groups[i + length] == 0) ++length;
    if (length > best_length) {
      best = i;
      best_length = length;
    }
  }
  std::string out;
  for (std::size_t i = 0; i < 8;) {
    if (i == best) {
      out += "::";
      i += best_length;
      continue;
    }
    if (!out.empty() && out.back() != ':') out += ':';
    std::array<char, 4> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + 4, groups[i], 16).ptr;
    out.append(digits.data(), end);
    ++i;
  }
  return out;
}

}  // namespace

IpAddress IpAddress::from_v4(std::uint32_t host_order) {
  std::array<std::uint8_t, 4> bytes{};
  store_be(bytes.data(), host_order);
  return from_v4(bytes);
}

IpAddress IpAddress::from_v4(std::array<std::uint8_t, 4> bytes) {
  IpAddress out;
  std::copy(bytes.begin(), bytes.end(), out.bytes_.begin());
  return out;
}

IpAddress IpAddress::from_v6(const std::array<std::uint8_t, 16>& bytes) {
  constexpr std::array<std::uint8_t, 12> mapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  if (std::equal(mapped.begin(), mapped.end(), bytes.begin())) {
    return from_v4({bytes[12], bytes[13], bytes[14], bytes[15]});
  }
  IpAddress out;
  out.family_ = IpFamily::v6;
  out.bytes_ = bytes;
  return out;
}

std::optional<IpAddress> IpAddress::from_bytes(Bytes bytes) {
  if (const auto v4 = to_array<4>(bytes)) return from_v4(*v4);
  if (const auto v6 = to_array<16>(bytes)) return from_v6(*v6);
  return std::nullopt;
}

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
  if (text.find(':') == std::string_view::npos) {
    const auto v4 = parse_v4(text);
    if (!v4) return std::nullopt;
    return from_v4(*v4);
  }
  const auto v6 = parse_v6(text);
  if (!v6) return std::nullopt;
  return from_v6(*v6);
}

std::uint32_t IpAddress::v4_host_order() const {
  assert(is_v4());
  return load_be<std::uint32_t>(bytes_.data());
}

std::string IpAddress::to_string() const {
  if (!is_v4()) return v6_to_string(bytes());
  std::string out;
  for (std::size_t i = 0; i < 4; ++i) {
    if (i > 0) out += '.';
    out += std::to_string(bytes_[i]);
  }
  return out;
}

bool IpAddress::is_unspecified() const {
  return std::all_of(bytes_.begin(), bytes_.end(), [](std::uint8_t b) { return b == 0; });
}

bool IpAddress::is_loopback() const {
  if (is_v4()) return bytes_[0] == 127;
  return std::all_of(bytes_.begin(), bytes_.end() - 1, [](std::uint8_t b) { return b == 0; }) &&
         bytes_[15] == 1;
}

bool IpAddress::is_multicast() const {
  return is_v4() ? (bytes_[0] & 0xf0) == 0xe0 : bytes_[0] == 0xff;
}

bool IpAddress::is_link_local() const {
  if (is_v4()) return bytes_[0] == 169 && bytes_[1] == 254;
  return bytes_[0] == 0xfe && (bytes_[1] & 0xc0) == 0x80;
}

bool IpAddress::is_private() const {
  if (!is_v4()) return (bytes_[0] & 0xfe) == 0xfc;
  return bytes_[0] == 10 || (bytes_[0] == 172 && (bytes_[1] & 0xf0) == 16) ||
         (bytes_[0] == 192 && bytes_[1] == 168) || (bytes_[0] == 100 && (bytes_[1] & 0xc0) == 64);
}

std::optional<Endpoint> Endpoint::parse(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  std::string_view host = text.substr(0, colon);
  const bool bracketed = host.size() >= 2 && host.front() == '[' && host.back() == ']';
  if (bracketed) host = host.substr(1, host.size() - 2);
  const auto address = IpAddress::parse(host);
  const auto port = parse_decimal(text.substr(colon + 1), 65535);
  if (!address || !port || bracketed != (host.find(':') != std::string_view::npos)) {
    return std::nullopt;
  }
  return Endpoint{*address, static_cast<std::uint16_t>(*port)};
}

std::string Endpoint::to_string() const {
  const std::string host = address.is_v4() ? address.to_string() : "[" + address.to_string() + "]";
  return host + ":" + std::to_string(port);
}

Buffer Endpoint::compact() const {
  Buffer out = to_buffer(address.bytes());
  out.push_back(static_cast<std::uint8_t>(port >> 8));
  out.push_back(static_cast<std::uint8_t>(port));
  return out;
}

std::optional<Endpoint> Endpoint::from_compact(Bytes bytes) {
  if (bytes.size() != 6 && bytes.size() != 18) return std::nullopt;
  const auto address = IpAddress::from_bytes(bytes.first(bytes.size() - 2));
  if (!address) return std::nullopt;
  return Endpoint{*address, load_be<std::uint16_t>(&bytes[bytes.size() - 2])};
}

bool Endpoint::is_usable() const {
  return port != 0 && !address.is_unspecified() && !address.is_multicast() &&
         address != IpAddress::from_v4(0xffffffff);
}

std::optional<IpPrefix> IpPrefix::parse(std::string_view text) {
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const auto address = IpAddress::parse(text.substr(0, slash));
  if (!address) return std::nullopt;
  const auto length = parse_decimal(text.substr(slash + 1), address->is_v4() ? 32 : 128);
  if (!length) return std::nullopt;
  return IpPrefix{*address, static_cast<std::uint8_t>(*length)};
}

std::string IpPrefix::to_string() const {
  return address.to_string() + "/" + std::to_string(length);
}

bool IpPrefix::contains(const IpAddress& other) const {
  if (address.family() != other.family()) return false;
  const Bytes a = address.bytes();
  const Bytes b = other.bytes();
  const std::size_t whole = length / 8;
  if (!equal(a.first(whole), b.first(whole))) return false;
  const int rest = length % 8;
  return rest == 0 || (a[whole] ^ b[whole]) >> (8 - rest) == 0;
}

bool IpPrefix::overlaps(const IpPrefix& other) const {
  return length <= other.length ? contains(other.address) : other.contains(address);
}

IpPrefix IpPrefix::network() const {
  Buffer bytes = to_buffer(address.bytes());
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const int kept = std::clamp(static_cast<int>(length) - static_cast<int>(i) * 8, 0, 8);
    bytes[i] = static_cast<std::uint8_t>(bytes[i] & (0xff00 >> kept));
  }
  return IpPrefix{*IpAddress::from_bytes(bytes), length};
}

}  // namespace lanyard
