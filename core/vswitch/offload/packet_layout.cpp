// SPDX-License-Identifier: Apache-2.0
#include "core/vswitch/offload/packet_layout.h"

#include "core/base/endian.h"
#include "core/vswitch/ethernet.h"

namespace lanyard::vswitch {

namespace {

constexpr std::size_t kTagSize = 4;
constexpr std::size_t kMostBeforeNetwork = kEthernetHeaderSize + PacketLayout::kMaxTags * kTagSize;

bool set_transport(PacketLayout& layout, std::uint8_t protocol) {
  layout.transport = protocol == kProtocolTcp ? Transport::tcp : Transport::udp;
  return protocol == kProtocolTcp || protocol == kProtocolUdp;
}

bool read_ipv4(Bytes frame, PacketLayout& layout) {
  const Bytes packet = frame.subspan(layout.network_offset);
  if (packet.size() < ipv4::kMinHeaderSize || packet[0] >> 4 != 4) return false;
  const std::size_t header_size = std::size_t{4} * (packet[0] & 0x0f);  // in 32-bit words
  const std::size_t total = load_be<std::uint16_t>(packet.data() + ipv4::kTotalLength);
  if (header_size < ipv4::kMinHeaderSize || total < header_size || total > packet.size()) {
    return false;
  }
  if ((load_be<std::uint16_t>(packet.data() + ipv4::kFragment) & ipv4::kFragmentMask) != 0) {
    return false;
  }
  layout.family = IpFamily::v4;
  layout.transport_offset = layout.network_offset + header_size;
  layout.end = layout.network_offset + total;
  return set_transport(layout, packet[ipv4::kProtocol]);
}

bool is_extension(std::uint8_t header) {
  return header == ipv6::kHopByHop || header == ipv6::kRouting ||
         header == ipv6::kDestinationOptions;
}

bool read_ipv6(Bytes frame, PacketLayout& layout) {
  const Bytes packet = frame.subspan(layout.network_offset);
  if (packet.size() < ipv6::kHeaderSize || packet[0] >> 4 != 6) return false;
  const std::size_t length = load_be<std::uint16_t>(packet.data() + ipv6::kPayloadLength);
  if (length > packet.size() - ipv6::kHeaderSize) return false;
  layout.family = IpFamily::v6;
  const std::size_t end = ipv6::kHeaderSize + length;
  std::size_t at = ipv6::kHeaderSize;
  std::uint8_t next = packet[ipv6::kNextHeader];
  while (is_extension(next)) {
    if (end - at < ipv6::kExtensionUnit) return false;
    const std::size_t size = ipv6::kExtensionUnit * (1 + std::size_t{packet[at + 1]});
    if (size > end - at) return false;
    next = packet[at];
    at += size;
    if (at - ipv6::kHeaderSize > PacketLayout::kMaxExtensionsSize) return false;
  }
  layout.transport_offset = layout.network_offset + at;
  layout.end = layout.network_offset + end;
  return set_transport(layout, next);
}

bool read_tcp(Bytes frame, PacketLayout& layout) {
  const Bytes segment =
      frame.subspan(layout.transport_offset, layout.end - layout.transport_offset);
  if (segment.size() < tcp::kMinHeaderSize) return false;
  const std::size_t header_size = std::size_t{4} * (segment[tcp::kDataOffset] >> 4);
  if (header_size < tcp::kMinHeaderSize || header_size > segment.size()) return false;
  layout.payload_offset = layout.transport_offset + header_size;
  return true;
}

bool read_udp(Bytes frame, PacketLayout& layout) {
  const Bytes datagram =
      frame.subspan(layout.transport_offset, layout.end - layout.transport_offset);
  if (datagram.size() < udp::kHeaderSize) return false;
  if (load_be<std::uint16_t>(datagram.data() + udp::kLength) != datagram.size()) return false;
  layout.payload_offset = layout.transport_offset + udp::kHeaderSize;
  return true;
}

}  // namespace

std::optional<PacketLayout> parse_layout(Bytes frame) {
  if (frame.size() < kEthernetHeaderSize) return std::nullopt;
  PacketLayout layout;
  layout.network_offset = kEthernetHeaderSize;
  auto ether_type = load_be<std::uint16_t>(frame.data() + 2 * kMacSize);
  while (ether_type == kEtherTypeVlan || ether_type == kEtherTypeServiceVlan) {
    layout.network_offset += kTagSize;
    if (layout.network_offset > kMostBeforeNetwork || layout.network_offset > frame.size()) {
      return std::nullopt;
    }
    ether_type = load_be<std::uint16_t>(frame.data() + layout.network_offset - 2);
  }
  const bool is_ip = ether_type == kEtherTypeIpv4   ? read_ipv4(frame, layout)
                     : ether_type == kEtherTypeIpv6 ? read_ipv6(frame, layout)
                                                    : false;
  if (!is_ip) return std::nullopt;
  const bool is_whole =
      layout.transport == Transport::tcp ? read_tcp(frame, layout) : read_udp(frame, layout);
  if (!is_whole) return std::nullopt;
  return layout;
}

}  // namespace lanyard::vswitch
