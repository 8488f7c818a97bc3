// SPDX-License-Identifier: Apache-2.0
// IP addresses, UDP endpoints and IPv4 subnets as plain values. Formats and parses their usual
// text; knows which ranges are private. Opens no socket and resolves no name.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/bytes.h"

namespace lanyard {

enum class IpFamily : std::uint8_t { v4, v6 };

// An IPv4 address uses the first four bytes, the rest are zero. IPv4-mapped IPv6 never occurs:
// from_v6() turns it into IPv4.
class IpAddress {
 public:
  constexpr IpAddress() = default;
  static IpAddress from_v4(std::uint32_t host_order);
  static IpAddress from_v4(std::array<std::uint8_t, 4> bytes);
  static IpAddress from_v6(const std::array<std::uint8_t, 16>& bytes);
  // 4 or 16 bytes; nothing for another length.
  static std::optional<IpAddress> from_bytes(Bytes bytes);
  // "192.0.2.1" or "2001:db8::1" (RFC 4291 section 2.2; no zone, no port).
  static std::optional<IpAddress> parse(std::string_view text);

  IpFamily family() const { return family_; }
  bool is_v4() const { return family_ == IpFamily::v4; }
  // 4 or 16 bytes, borrowed from this object.
  Bytes bytes() const { return {bytes_.data(), is_v4() ? std::size_t{4} : std::size_t{16}}; }
  // Only for IPv4.
  std::uint32_t v4_host_order() const;
  // RFC 5952 for IPv6.
  std::string to_string() const;

  bool is_unspecified() const;
  bool is_loopback() const;
  bool is_multicast() const;
  bool is_link_local() const;  // 169.254/16, fe80::/10
  // RFC 1918, RFC 6598 (100.64/10), RFC 4193 (fc00::/7)
  bool is_private() const;

  auto operator<=>(const IpAddress&) const = default;

 private:
  IpFamily family_ = IpFamily::v4;
  std::array<std::uint8_t, 16> bytes_{};
};

struct Endpoint {
  IpAddress address;
  std::uint16_t port = 0;

  // "192.0.2.1:4001", "[2001:db8::1]:4001"
  static std::optional<Endpoint> parse(std::string_view text);
  std::string to_string() const;

  // Compact form of BEP 5 and BEP 32: 4 or 16 address bytes, then the port, big-endian.
  Buffer compact() const;
  // 6 or 18 bytes; nothing for another length.
  static std::optional<Endpoint> from_compact(Bytes bytes);

  // Can be sent to over the network: a unicast address and a port that is not 0.
  bool is_usable() const;

  auto operator<=>(const Endpoint&) const = default;
};

// An address with its prefix length, "10.77.0.0/16" or "fd00::1/64".
struct IpPrefix {
  IpAddress address;
  std::uint8_t length = 0;

  static std::optional<IpPrefix> parse(std::string_view text);
  std::string to_string() const;
  bool contains(const IpAddress& other) const;
  // True when one of the two holds the other; never across families.
  bool overlaps(const IpPrefix& other) const;
  // The same prefix with all host bits cleared.
  IpPrefix network() const;

  auto operator<=>(const IpPrefix&) const = default;
};

}  // namespace lanyard
