// SPDX-License-Identifier: Apache-2.0
// The overlay addresses of members, the same wherever they are computed: MAC and IPv6 from the
// member id, IPv4 from the id and the order of admission.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "core/base/endpoint.h"
#include "core/base/mac_address.h"
#include "core/base/rng.h"
#include "core/network/identifiers.h"

namespace lanyard::network {

// fd, 40 random bits, 16 zero bits of subnet (RFC 4193 section 3.1).
using UlaPrefix = std::array<std::uint8_t, 8>;
inline constexpr std::uint8_t kUlaPrefixBits = 64;

UlaPrefix make_ula_prefix(Rng& rng);
bool is_ula_prefix(const UlaPrefix& prefix);

// Locally administered, never a group.
MacAddress mac_of(const MemberId& id);
IpAddress ipv6_of(const UlaPrefix& prefix, const MemberId& id);

// In the subnet, and neither its network nor its broadcast address.
bool is_host_address(const IpPrefix& subnet, const IpAddress& address);

struct AddressWish {
  MemberId id;
  std::optional<IpAddress> fixed;
};

// One IPv4 address for each of the members, who come in admission order. First come the fixed
// addresses; then everyone else takes the first free one of its own sequence. So of two that clash
// the later admitted moves. Nothing for those that a full subnet has no room for.
std::vector<std::optional<IpAddress>> assign_ipv4(const IpPrefix& subnet,
                                                  const std::vector<AddressWish>& wishes);

}  // namespace lanyard::network
