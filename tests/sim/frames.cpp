// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/frames.h"

#include "core/base/endian.h"

namespace lanyard::sim {
namespace {

constexpr std::uint16_t kEtherTypeArp = 0x0806;   // RFC 826
constexpr std::uint16_t kEtherTypeIpv4 = 0x0800;  // RFC 894
constexpr std::size_t kEthernetHeader = 14;
constexpr std::size_t kArpBody = 28;
constexpr std::size_t kIpv4Header = 20;
constexpr std::size_t kUdpHeader = 8;
constexpr std::size_t kProbeSize = kEthernetHeader + kIpv4Header + kUdpHeader + 8;

void put16(Buffer& out, std::uint16_t value) {
  out.push_back(static_cast<std::uint8_t>(value >> 8));
  out.push_back(static_cast<std::uint8_t>(value));
}

void put_ethernet(Buffer& out, const MacAddress& to, const MacAddress& from, std::uint16_t type) {
  append(out, to.bytes());
  append(out, from.bytes());
  put16(out, type);
}

bool is_ether_type(Bytes frame, std::uint16_t type) {
  return frame.size() >= kEthernetHeader && load_be<std::uint16_t>(frame.data() + 12) == type;
}

// RFC 1071, over one header of even length.
std::uint16_t internet_checksum(Bytes header) {
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i + 1 < header.size(); i += 2) {
    sum += load_be<std::uint16_t>(header.data() + i);
  }
  while (sum >> 16 != 0) sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<std::uint16_t>(~sum);
}

}  // namespace

Buffer make_arp_request(const MacAddress& own_mac, const IpAddress& own, const IpAddress& wanted) {
  Buffer out;
  put_ethernet(out, MacAddress::broadcast(), own_mac, kEtherTypeArp);
  put16(out, 1);  // hardware: Ethernet
  put16(out, kEtherTypeIpv4);
  out.push_back(6);
  out.push_back(4);
  put16(out, 1);  // request
  append(out, own_mac.bytes());
  append(out, own.bytes());
  append(out, MacAddress{}.bytes());
  append(out, wanted.bytes());
  return out;
}

// RFC 826, after the Ethernet header:
//   0 hardware 2 | 2 protocol 2 | 4 lengths 1+1 | 6 operation 2
//   8 sender MAC 6 | 14 sender IPv4 4 | 18 target MAC 6 | 24 target IPv4 4
std::optional<ArpReply> parse_arp_reply(Bytes frame) {
  if (!is_ether_type(frame, kEtherTypeArp)) return std::nullopt;
  const Bytes arp = frame.subspan(kEthernetHeader);
  if (arp.size() < kArpBody || load_be<std::uint16_t>(arp.data() + 6) != 2) return std::nullopt;
  return ArpReply{*IpAddress::from_bytes(arp.subspan(14, 4)),
                  MacAddress::from_bytes(arp.subspan(8, 6))};
}

Buffer make_probe(const Probe& probe) {
  Buffer out;
  put_ethernet(out, probe.destination_mac, probe.source_mac, kEtherTypeIpv4);
  out.push_back(0x45);  // version 4, five words of header
  out.push_back(0);
  put16(out, static_cast<std::uint16_t>(kProbeSize - kEthernetHeader));
  put16(out, 0);
  put16(out, 0x4000);  // do not fragment
  out.push_back(64);   // time to live
  out.push_back(17);   // UDP
  put16(out, 0);
  append(out, probe.source.bytes());
  append(out, probe.destination.bytes());
  const Bytes header = Bytes(out).subspan(kEthernetHeader, kIpv4Header);
  store_be(out.data() + kEthernetHeader + 10, internet_checksum(header));
  put16(out, kProbePort);
  put16(out, kProbePort);
  put16(out, static_cast<std::uint16_t>(kUdpHeader + 8));
  put16(out, 0);  // no checksum (RFC 768)
  std::array<std::uint8_t, 8> number{};
  store_be(number.data(), probe.number);
  append(out, Bytes(number));
  return out;
}

std::optional<Probe> parse_probe(Bytes frame) {
  if (!is_ether_type(frame, kEtherTypeIpv4) || frame.size() < kProbeSize) return std::nullopt;
  const Bytes ip = frame.subspan(kEthernetHeader);
  if (ip[0] != 0x45 || ip[9] != 17) return std::nullopt;
  if (load_be<std::uint16_t>(ip.data() + kIpv4Header + 2) != kProbePort) return std::nullopt;
  Probe probe;
  probe.destination_mac = MacAddress::from_bytes(frame.first(6));
  probe.source_mac = MacAddress::from_bytes(frame.subspan(6, 6));
  probe.source = *IpAddress::from_bytes(ip.subspan(12, 4));
  probe.destination = *IpAddress::from_bytes(ip.subspan(16, 4));
  probe.number = load_be<std::uint64_t>(ip.data() + kIpv4Header + kUdpHeader);
  return probe;
}

}  // namespace lanyard::sim
