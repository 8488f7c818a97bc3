// SPDX-License-Identifier: Apache-2.0
// Short ways to write points, endpoints and instants down in the tests of the DHT.
#pragma once

#include <cstdint>
#include <string_view>

#include "core/base/time.h"
#include "core/dht/node_id.h"

namespace lanyard::dht {

inline constexpr Instant kStart = {1'000'000'000'000};

inline Endpoint endpoint_of(std::string_view text) { return *Endpoint::parse(text); }
inline IpAddress address_of(std::string_view text) { return *IpAddress::parse(text); }

// An id that begins with these two bytes; the rest is zero.
inline NodeId id_of(std::uint16_t head, std::uint8_t tail = 0) {
  NodeId out;
  out.bytes[0] = static_cast<std::uint8_t>(head >> 8);
  out.bytes[1] = static_cast<std::uint8_t>(head);
  out.bytes[kIdBytes - 1] = tail;
  return out;
}

inline InfoHash hash_of(std::uint16_t head) { return {id_of(head).bytes}; }

// Each n has its own address in its own subnet of 256.
inline Endpoint node_endpoint(std::uint32_t n) {
  return {IpAddress::from_v4(0x14000002u + (n << 8)), 4000};
}

}  // namespace lanyard::dht
