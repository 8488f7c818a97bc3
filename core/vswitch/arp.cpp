// SPDX-License-Identifier: Apache-2.0
#include "core/vswitch/arp.h"

#include "core/base/endian.h"
#include "core/vswitch/ethernet.h"

namespace lanyard::vswitch {

namespace {

//  0        2        4      5      6         8            14       18           24       28
//  | htype  | ptype  | hlen | plen | operation | sender mac | sender | target mac | target |
constexpr std::size_t kOperation = 6;
constexpr std::size_t kSenderMac = 8;
constexpr std::size_t kSender = 14;
constexpr std::size_t kTargetMac = 18;
constexpr std::size_t kTarget = 24;

constexpr std::uint16_t kHardwareEthernet = 1;  // RFC 826
constexpr std::uint16_t kHardwareIeee802 = 6;   // RFC 1042; Linux takes it for Ethernet too

}  // namespace

std::optional<ArpPacket> parse_arp(Bytes payload) {
  if (payload.size() < kArpPacketSize) return std::nullopt;
  const std::uint8_t* const at = payload.data();
  const auto hardware = load_be<std::uint16_t>(at);
  if (hardware != kHardwareEthernet && hardware != kHardwareIeee802) return std::nullopt;
  if (load_be<std::uint16_t>(at + 2) != kEtherTypeIpv4 || at[4] != 6 || at[5] != 4) {
    return std::nullopt;
  }
  ArpPacket packet;
  packet.operation = static_cast<ArpOperation>(load_be<std::uint16_t>(at + kOperation));
  packet.sender_mac = MacAddress::from_bytes(payload.subspan(kSenderMac, kMacSize));
  std::memcpy(packet.sender.data(), at + kSender, packet.sender.size());
  packet.target_mac = MacAddress::from_bytes(payload.subspan(kTargetMac, kMacSize));
  std::memcpy(packet.target.data(), at + kTarget, packet.target.size());
  return packet;
}

void write_arp_reply(MutableBytes out,
                     const ArpPacket& request,
                     const MacAddress& asker,
                     const MacAddress& mac) {
  write_ethernet_header(out, asker, mac, kEtherTypeArp);
  std::uint8_t* const at = out.data() + kEthernetHeaderSize;
  store_be(at, kHardwareEthernet);
  store_be(at + 2, kEtherTypeIpv4);
  at[4] = 6;  // bytes of a MAC address
  at[5] = 4;  // bytes of an IPv4 address
  store_be(at + kOperation, static_cast<std::uint16_t>(ArpOperation::reply));
  std::memcpy(at + kSenderMac, mac.octets.data(), kMacSize);
  std::memcpy(at + kSender, request.target.data(), request.target.size());
  std::memcpy(at + kTargetMac, request.sender_mac.octets.data(), kMacSize);
  std::memcpy(at + kTarget, request.sender.data(), request.sender.size());
}

}  // namespace lanyard::vswitch
