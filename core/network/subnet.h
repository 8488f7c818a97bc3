// SPDX-License-Identifier: Apache-2.0
// Which IPv4 subnet a network gets, and whether it clashes with the networks that a machine is
// already on.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "core/base/endpoint.h"
#include "core/base/result.h"
#include "core/network/identifiers.h"

namespace lanyard::network {

inline constexpr std::uint8_t kShortestSubnet = 8;  // prefix length; no private range is larger
inline constexpr std::uint8_t kLongestSubnet = 29;  // prefix length; six hosts

// Unicast IPv4, length within the limits, no host bits.
bool is_subnet(const IpPrefix& prefix);
// As a user types it; host bits are cleared.
Result<IpPrefix> parse_subnet(std::string_view text);

// A /16 that overlaps none of the local prefixes, nor the ranges that home routers and container
// tools are fond of. It is drawn from the network id, so different networks seldom share one. With
// every candidate taken it is one that clashes: see find_clash().
IpPrefix choose_subnet(const NetworkId& network, const std::vector<IpPrefix>& local);

// The first local prefix that overlaps the subnet.
std::optional<IpPrefix> find_clash(const IpPrefix& subnet, const std::vector<IpPrefix>& local);

}  // namespace lanyard::network
