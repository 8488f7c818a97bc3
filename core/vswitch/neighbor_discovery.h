// SPDX-License-Identifier: Apache-2.0
// IPv6 neighbor discovery (RFC 4861): finding its messages in a packet, and answering a
// solicitation for an address whose MAC address is known, duplicate address detection (RFC 4862)
// included. Whose address it is, is the caller's knowledge.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "core/base/bytes.h"
#include "core/base/mac_address.h"

namespace lanyard::vswitch {

using Ipv6Bytes = std::array<std::uint8_t, 16>;

enum class NeighborMessageType : std::uint8_t {  // ICMPv6 types, RFC 4861 section 4
  router_solicitation = 133,
  router_advertisement = 134,
  neighbor_solicitation = 135,
  neighbor_advertisement = 136,
  redirect = 137,
};

struct NeighborMessage {
  NeighborMessageType type = NeighborMessageType::neighbor_solicitation;
  Ipv6Bytes source{};
  Ipv6Bytes destination{};
  // Of solicitations, advertisements and redirects of neighbors; nothing if it is cut off.
  std::optional<Ipv6Bytes> target;
  // RFC 4861 section 7.1: hop limit 255, code 0. Receivers ignore a message that is not
  // well-formed.
  enum class Form : std::uint8_t { ill_formed, well_formed } form = Form::ill_formed;
};

inline constexpr std::size_t kAdvertisementFrameSize = 14 + 40 + 24 + 8;

// The payload of an Ethernet frame with an IPv6 packet; extension headers are walked over. Nothing
// when it holds no neighbor discovery message. The checksum is not looked at.
std::optional<NeighborMessage> parse_neighbor_message(Bytes packet);

// A whole frame that tells `asker` that *solicitation.target is at `mac`, written to the start of
// out, which has room for kAdvertisementFrameSize bytes. To a duplicate address probe (from the
// unspecified address) it is a multicast advertisement: the address is taken.
void write_neighbor_advertisement(MutableBytes out,
                                  const NeighborMessage& solicitation,
                                  const MacAddress& asker,
                                  const MacAddress& mac);

}  // namespace lanyard::vswitch
