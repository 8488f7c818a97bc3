// SPDX-License-Identifier: Apache-2.0
// What the node chooses for each of its networks, and what a network's device can carry.
#pragma once

#include <cstdint>

#include "core/node/device_id.h"

namespace lanyard::node {

// An underlay that carries datagrams of this size takes frames of so much less: IPv6 40, UDP 8,
// a relay's header 4, data header 8, kind 1, Ethernet 14, tag 16 (protocol.md section 5).
inline constexpr std::uint32_t kUnderlayOverhead = 91;
inline constexpr std::uint32_t kMinDeviceMtu = 576;  // RFC 791; below 1280 the device has no IPv6

// What the node chose for a network: unique among all.
struct NetworkHandles {
  std::uint32_t member_credentials = 0;
  std::uint32_t join_credentials = 0;
  DeviceId device = 0;
};

}  // namespace lanyard::node
