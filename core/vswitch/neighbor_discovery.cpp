// SPDX-License-Identifier: Apache-2.0
#include "core/vswitch/neighbor_discovery.h"

#include <algorithm>

#include "core/base/endian.h"
#include "core/vswitch/ethernet.h"

namespace lanyard::vswitch {

namespace {

// IPv6 header, RFC 8200 section 3:
//  0                        4                6             7           8        24            40
//  | version, class, flow   | payload length | next header | hop limit | source | destination |
constexpr std::size_t kIpv6HeaderSize = 40;
constexpr std::size_t kPayloadLength = 4;
constexpr std::size_t kNextHeader = 6;
constexpr std::size_t kHopLimit = 7;
constexpr std::size_t kSource = 8;
constexpr std::size_t kDestination = 24;

// Next header values (IANA, protocol numbers).
constexpr std::uint8_t kHopByHop = 0;
constexpr std::uint8_t kRouting = 43;
constexpr std::uint8_t kFragment = 44;
constexpr std::uint8_t kIcmpv6 = 58;
constexpr std::uint8_t kDestinationOptions = 60;

// ICMPv6 and the target of RFC 4861 sections 4.3 to 4.5:
//  0      1      2          4                  8        24
//  | type | code | checksum | flags, reserved  | target | options
constexpr std::size_t kIcmpHeaderSize = 8;
constexpr std::size_t kChecksum = 2;
constexpr std::size_t kFlags = 4;
constexpr std::size_t kTarget = 8;
constexpr std::size_t kAdvertisementSize = 32;  // with one option of 8 bytes

constexpr std::uint8_t kRequiredHopLimit = 255;  // RFC 4861 section 7.1: nobody forwarded it
constexpr std::uint8_t kSolicitedFlag = 0x40;    // RFC 4861 section 4.4
constexpr std::uint8_t kOverrideFlag = 0x20;
constexpr std::uint8_t kTargetLinkLayerAddress = 2;  // option type, RFC 4861 section 4.6.1

constexpr Ipv6Bytes kUnspecified{};
constexpr Ipv6Bytes kAllNodes{0xff, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};  // RFC 4291
constexpr MacAddress kAllNodesMac{{0x33, 0x33, 0, 0, 0, 1}};  // RFC 2464 section 7

Ipv6Bytes ipv6_at(const std::uint8_t* from) {
  Ipv6Bytes out;
  std::memcpy(out.data(), from, out.size());
  return out;
}

// The ICMPv6 message of a packet, behind all extension headers; empty if there is none. Each header
// takes at least 8 bytes, so this ends.
Bytes find_icmpv6(Bytes packet) {
  std::uint8_t next = packet[kNextHeader];
  Bytes rest = packet.subspan(kIpv6HeaderSize);
  while (next != kIcmpv6) {
    if (rest.size() < 8) return {};
    std::size_t size = 8;  // of the fragment header, RFC 8200 section 4.5
    if (next == kHopByHop || next == kRouting || next == kDestinationOptions) {
      size = 8 + std::size_t{rest[1]} * 8;  // RFC 8200 section 4.3
    } else if (next != kFragment) {
      return {};
    }
    if (rest.size() < size) return {};
    next = rest[0];
    rest = rest.subspan(size);
  }
  return rest;
}

// RFC 4443 section 2.3: over a pseudo-header and the message, whose checksum field is zero.
std::uint16_t icmpv6_checksum(const Ipv6Bytes& source,
                              const Ipv6Bytes& destination,
                              Bytes message) {
  std::uint32_t sum = kIcmpv6 + static_cast<std::uint32_t>(message.size());
  for (const Bytes part : {Bytes(source), Bytes(destination), message}) {
    for (std::size_t i = 0; i + 1 < part.size(); i += 2) {
      sum += load_be<std::uint16_t>(part.data() + i);
    }
  }
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<std::uint16_t>(~sum);
}

}  // namespace

std::optional<NeighborMessage> parse_neighbor_message(Bytes packet) {
  if (packet.size() < kIpv6HeaderSize || packet[0] >> 4 != 6) return std::nullopt;
  const Bytes icmp = find_icmpv6(packet);
  if (icmp.size() < kIcmpHeaderSize) return std::nullopt;
  if (icmp[0] < static_cast<std::uint8_t>(NeighborMessageType::router_solicitation) ||
      icmp[0] > static_cast<std::uint8_t>(NeighborMessageType::redirect)) {
    return std::nullopt;
  }
  NeighborMessage message;
  message.type = static_cast<NeighborMessageType>(icmp[0]);
  message.source = ipv6_at(packet.data() + kSource);
  message.destination = ipv6_at(packet.data() + kDestination);
  if (message.type >= NeighborMessageType::neighbor_solicitation &&
      icmp.size() >= kTarget + sizeof(Ipv6Bytes)) {
    message.target = ipv6_at(icmp.data() + kTarget);
  }
  if (packet[kHopLimit] == kRequiredHopLimit && icmp[1] == 0) {
    message.form = NeighborMessage::Form::well_formed;
  }
  return message;
}

void write_neighbor_advertisement(MutableBytes out,
                                  const NeighborMessage& solicitation,
                                  const MacAddress& asker,
                                  const MacAddress& mac) {
  const Ipv6Bytes& target = *solicitation.target;
  const bool is_probe = solicitation.source == kUnspecified;
  const Ipv6Bytes& destination = is_probe ? kAllNodes : solicitation.source;
  std::ranges::fill(out.first(kAdvertisementFrameSize), std::uint8_t{0});
  write_ethernet_header(out, is_probe ? kAllNodesMac : asker, mac, kEtherTypeIpv6);

  std::uint8_t* const ip = out.data() + kEthernetHeaderSize;
  ip[0] = 6 << 4;
  store_be(ip + kPayloadLength, static_cast<std::uint16_t>(kAdvertisementSize));
  ip[kNextHeader] = kIcmpv6;
  ip[kHopLimit] = kRequiredHopLimit;
  std::ranges::copy(target, ip + kSource);
  std::ranges::copy(destination, ip + kDestination);

  std::uint8_t* const icmp = ip + kIpv6HeaderSize;
  icmp[0] = static_cast<std::uint8_t>(NeighborMessageType::neighbor_advertisement);
  // What the roster says is final, so it overrides; only an asker with an address was soliciting.
  icmp[kFlags] = is_probe ? kOverrideFlag : kSolicitedFlag | kOverrideFlag;
  std::ranges::copy(target, icmp + kTarget);
  std::uint8_t* const option = icmp + kTarget + sizeof(Ipv6Bytes);
  option[0] = kTargetLinkLayerAddress;
  option[1] = 1;  // length in units of 8 bytes
  std::memcpy(option + 2, mac.octets.data(), kMacSize);
  store_be(icmp + kChecksum, icmpv6_checksum(target, destination, {icmp, kAdvertisementSize}));
}

}  // namespace lanyard::vswitch
