// SPDX-License-Identifier: Apache-2.0
// A small network, and the frames of it that the switch's tests speak about.
#pragma once

#include <initializer_list>

#include "core/base/bytes.h"
#include "core/vswitch/ethernet.h"
#include "core/vswitch/tables.h"

namespace lanyard::vswitch::test {

inline constexpr MacAddress kOwn{{0x02, 0, 0, 0, 0, 0x01}};
inline constexpr MacAddress kAnna{{0x02, 0, 0, 0, 0, 0x0a}};  // slot 0
inline constexpr MacAddress kBert{{0x02, 0, 0, 0, 0, 0x0b}};  // slot 1
inline constexpr MacAddress kStranger{{0x02, 0, 0, 0, 0, 0x77}};

inline constexpr PeerSlot kAnnaSlot = 0;
inline constexpr PeerSlot kBertSlot = 1;

inline IpAddress ip(std::string_view text) { return *IpAddress::parse(text); }

inline SwitchTables tables() {
  return SwitchTables({.own_mac = kOwn,
                       .members = {kAnna, kBert},
                       .neighbors = {{ip("10.77.0.11"), kBert},
                                     {ip("fd00::b"), kBert},
                                     {ip("10.77.0.1"), kOwn},
                                     {ip("10.77.0.10"), kAnna},
                                     {ip("fd00::1"), kOwn},
                                     {ip("fd00::a"), kAnna}},
                       .flood = {kBertSlot, kAnnaSlot}});
}

inline Buffer hex(std::string_view text) {
  std::string digits;
  for (const char c : text) {
    if (c != ' ' && c != '\n') digits += c;
  }
  return *from_hex(digits);
}

inline Buffer ethernet(const MacAddress& destination,
                       const MacAddress& source,
                       std::uint16_t ether_type,
                       Bytes payload) {
  Buffer out(kEthernetHeaderSize);
  write_ethernet_header(out, destination, source, ether_type);
  append(out, payload);
  return out;
}

// The frame with one more tag in front of its ethertype.
inline Buffer tagged(const Buffer& frame, std::uint16_t vlan) {
  Buffer out(frame.begin(), frame.begin() + 12);
  append(out, hex("8100"));
  out.push_back(static_cast<std::uint8_t>(vlan >> 8));
  out.push_back(static_cast<std::uint8_t>(vlan));
  out.insert(out.end(), frame.begin() + 12, frame.end());
  return out;
}

inline Buffer arp_payload(std::uint8_t operation,
                          const MacAddress& sender_mac,
                          std::string_view sender,
                          std::string_view target) {
  Buffer out = hex("0001 0800 06 04 00");
  out.push_back(operation);
  append(out, sender_mac.bytes());
  append(out, ip(sender).bytes());
  append(out, hex("000000000000"));
  append(out, ip(target).bytes());
  return out;
}

inline Buffer arp_request(const MacAddress& from,
                          std::string_view sender,
                          std::string_view target) {
  return ethernet(MacAddress::broadcast(), from, kEtherTypeArp,
                  arp_payload(1, from, sender, target));
}

// An IPv6 packet whose ICMPv6 checksum is left zero: the switch does not look at it.
inline Buffer icmpv6_packet(std::string_view source,
                            std::string_view destination,
                            std::uint8_t type,
                            std::string_view target,
                            std::string_view extension_headers = {},
                            std::uint8_t first_header = 58) {
  const Buffer extensions = hex(extension_headers);
  Buffer out = hex("60000000 0000");
  out[5] = static_cast<std::uint8_t>(24 + extensions.size());
  out.push_back(first_header);
  out.push_back(255);
  append(out, ip(source).bytes());
  append(out, ip(destination).bytes());
  append(out, extensions);
  out.push_back(type);
  append(out, hex("00 0000 00000000"));
  append(out, ip(target).bytes());
  return out;
}

inline constexpr std::uint8_t kSolicitation = 135;
inline constexpr std::uint8_t kAdvertisement = 136;
inline constexpr MacAddress kSolicitedNodes{{0x33, 0x33, 0xff, 0, 0, 0x0a}};

inline Buffer solicitation(const MacAddress& from,
                           std::string_view source,
                           std::string_view target) {
  return ethernet(kSolicitedNodes, from, kEtherTypeIpv6,
                  icmpv6_packet(source, "ff02::1:ff00:a", kSolicitation, target));
}

}  // namespace lanyard::vswitch::test
