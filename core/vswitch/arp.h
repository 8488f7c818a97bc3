// SPDX-License-Identifier: Apache-2.0
// ARP for IPv4 over Ethernet (RFC 826): reading a packet, and answering a request for an address
// whose MAC address is known. Whose address it is, is the caller's knowledge.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "core/base/bytes.h"
#include "core/base/mac_address.h"

namespace lanyard::vswitch {

enum class ArpOperation : std::uint16_t { request = 1, reply = 2 };  // RFC 826; others exist

struct ArpPacket {
  ArpOperation operation = ArpOperation::request;
  MacAddress sender_mac;
  std::array<std::uint8_t, 4> sender{};
  MacAddress target_mac;
  std::array<std::uint8_t, 4> target{};
};

inline constexpr std::size_t kArpPacketSize = 28;
inline constexpr std::size_t kArpFrameSize = 14 + kArpPacketSize;

// The payload of an Ethernet frame, which may be padded. Nothing when it is not about IPv4 over
// Ethernet.
std::optional<ArpPacket> parse_arp(Bytes payload);

// A whole frame that tells `asker` that request.target is at `mac`, written to the start of out,
// which has room for kArpFrameSize bytes.
void write_arp_reply(MutableBytes out,
                     const ArpPacket& request,
                     const MacAddress& asker,
                     const MacAddress& mac);

}  // namespace lanyard::vswitch
