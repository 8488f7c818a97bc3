// SPDX-License-Identifier: Apache-2.0
// PacketLayout: where the headers and the payload of a TCP segment or UDP datagram lie in its
// Ethernet frame. What has none of these, or has them spread over IP fragments or behind headers of
// IPv6 that hide them, is nothing that offloads work on.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "core/base/bytes.h"
#include "core/base/endpoint.h"
#include "core/vswitch/offload/header_fields.h"

namespace lanyard::vswitch {

enum class Transport : std::uint8_t { tcp, udp };

// Offsets are from the first byte of the frame:
//  0          network_offset    transport_offset   payload_offset   end        size of the frame
//  | Ethernet | IP (with       | TCP (with         | payload        | padding  |
//  | and tags |   options or   |   options) or UDP |                |          |
//  |          |   extensions)  |                   |                |          |
struct PacketLayout {
  // As many as the kernel looks behind (one less than its VLAN_MAX_DEPTH).
  static constexpr std::size_t kMaxTags = 7;
  // Of IPv6's extension headers all together: more than what routers look behind (RFC 9098
  // section 5.1), and enough for a route of fifteen hops.
  static constexpr std::size_t kMaxExtensionsSize = 256;
  // Up to the payload: Ethernet, tags, IPv6 with extension headers (IPv4 with options has less),
  // TCP with options.
  static constexpr std::size_t kMaxHeaderSize =
      14 + 4 * kMaxTags + ipv6::kHeaderSize + kMaxExtensionsSize + 60;

  IpFamily family = IpFamily::v4;
  Transport transport = Transport::tcp;
  std::size_t network_offset = 0;
  std::size_t transport_offset = 0;
  std::size_t payload_offset = 0;
  std::size_t end = 0;  // by the length field of IP; padding of Ethernet may follow

  std::size_t payload_size() const { return end - payload_offset; }
  // What IPv6's payload length counts: all behind its first header.
  std::size_t extensions_size() const {
    return transport_offset - network_offset - ipv6::kHeaderSize;
  }
  // Where the checksum of the transport header lies.
  std::size_t checksum_offset() const {
    return transport_offset + (transport == Transport::tcp ? tcp::kChecksum : udp::kChecksum);
  }
};

// Behind up to kMaxTags VLAN tags. What it returns is true of the frame: all headers are whole, all
// offsets ascend and lie inside of the frame, the version fields say family, an IPv4 packet is no
// fragment, between IPv6's header and TCP's or UDP's lie only hop-by-hop options, destination
// options and routing headers, of kMaxExtensionsSize bytes at most, the length of UDP is the length
// that IP says.
// Neither checksum has been looked at.
std::optional<PacketLayout> parse_layout(Bytes frame);

}  // namespace lanyard::vswitch
