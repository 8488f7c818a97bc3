// SPDX-License-Identifier: Apache-2.0
// Which addresses are easily one owner's, and how many nodes of such a subnet count: in the public
// DHT whoever owns one shall not own a neighbourhood. A private swarm may live in a single subnet,
// and its nodes are not strangers: there is no limit there.
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/base/endpoint.h"
#include "core/dht/settings.h"

namespace lanyard::dht {

inline constexpr std::size_t kSubnetInBucket = 2;  // of eight
inline constexpr std::size_t kSubnetInTable = 4;   // or the buckets nearest to us were its own
inline constexpr std::size_t kSubnetInLookup = 2;  // of the eight that a lookup ends with

// 256 addresses of IPv4; of IPv6 what every home gets at least.
inline IpPrefix subnet_of(const IpAddress& address) {
  const std::uint8_t length = address.is_v4() ? 24 : 64;
  return IpPrefix{address, length}.network();
}

// By which a node without defences judges.
inline Mode subnet_mode(Mode mode, Defences defences) {
  return defences == Defences::none ? Mode::private_ : mode;
}

inline bool is_subnet_limited(Mode mode, const IpAddress& address) {
  return mode == Mode::public_ && !address.is_private();
}

}  // namespace lanyard::dht
