// SPDX-License-Identifier: Apache-2.0
// An IEEE 802 MAC address as a plain value.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <string>

#include "core/base/bytes.h"

namespace lanyard {

struct MacAddress {
  std::array<std::uint8_t, 6> octets{};

  static MacAddress from_bytes(Bytes six_bytes) {
    MacAddress out;
    std::memcpy(out.octets.data(), six_bytes.data(), out.octets.size());
    return out;
  }
  static constexpr MacAddress broadcast() { return {{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}}; }

  // Group bit: broadcast or multicast (IEEE 802-2014 section 8.2.2).
  bool is_group() const { return (octets[0] & 0x01) != 0; }
  bool is_locally_administered() const { return (octets[0] & 0x02) != 0; }
  Bytes bytes() const { return octets; }

  // "02:4a:...": lower case, colons.
  std::string to_string() const {
    std::string out;
    for (const std::uint8_t octet : octets) {
      if (!out.empty()) out += ':';
      out += to_hex({&octet, 1});
    }
    return out;
  }

  auto operator<=>(const MacAddress&) const = default;
};

}  // namespace lanyard
