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

bool read_ipv6(Bytes frame, PacketLayout& layout) {
  const Bytes packet = frame.subspan(layout.network_offset);
  if (packet.size() < ipv6::kHeaderSize || packet[0] >> 4 != 6) return false;
  const std::size_t length = load_be<std::uint16_t>(packet.data() + ipv6::kPayloadLength);
  if (length > packet.size() - ipv6::kHeaderSize) return false;
  layout.family = IpFamily::v6;
  layout.transport_offset = layout.network_offset + ipv6::kHeaderSize;
  layout.end = layout.transport_offset + length;
  return set_transport(layout, packet[ipv6::kNextHeader]);
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
