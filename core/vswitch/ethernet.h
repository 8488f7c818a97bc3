// SPDX-License-Identifier: Apache-2.0
// An Ethernet frame as a view: addresses, VLAN tags, ethertype, payload. Frames come without
// preamble and checksum, and need not be padded to Ethernet's minimum.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "core/base/bytes.h"
#include "core/base/endian.h"
#include "core/base/mac_address.h"

namespace lanyard::vswitch {

inline constexpr std::size_t kMacSize = 6;
inline constexpr std::size_t kEthernetHeaderSize = 14;

// Values of the ethertype field (IANA, IEEE 802 numbers).
inline constexpr std::uint16_t kEtherTypeIpv4 = 0x0800;
inline constexpr std::uint16_t kEtherTypeArp = 0x0806;
inline constexpr std::uint16_t kEtherTypeVlan = 0x8100;  // IEEE 802.1Q customer tag
inline constexpr std::uint16_t kEtherTypeIpv6 = 0x86dd;
inline constexpr std::uint16_t kEtherTypeServiceVlan = 0x88a8;  // IEEE 802.1Q service tag

enum class Tagging : std::uint8_t {
  none,
  priority,  // tags, but all with VLAN identifier 0: part of the untagged network (802.1Q 9.6)
  vlan,
};

struct FrameView {
  MacAddress destination;
  MacAddress source;
  Tagging tagging = Tagging::none;
  std::uint16_t ether_type = 0;  // behind all tags
  Bytes payload;                 // behind the ethertype; borrowed from the frame
};

//  0             6        12                      12 + 4·n
//  | destination | source | n times { tpid, tci } | ethertype | payload
//
// Nothing for a runt. A tag that is cut off is left as ethertype and payload.
inline std::optional<FrameView> parse_frame(Bytes frame) {
  if (frame.size() < kEthernetHeaderSize) return std::nullopt;
  FrameView view;
  view.destination = MacAddress::from_bytes(frame.first(kMacSize));
  view.source = MacAddress::from_bytes(frame.subspan(kMacSize, kMacSize));
  view.ether_type = load_be<std::uint16_t>(frame.data() + 2 * kMacSize);
  view.payload = frame.subspan(kEthernetHeaderSize);
  while ((view.ether_type == kEtherTypeVlan || view.ether_type == kEtherTypeServiceVlan) &&
         view.payload.size() >= 4) {
    const std::uint16_t identifier = load_be<std::uint16_t>(view.payload.data()) & 0x0fff;
    if (identifier != 0) {
      view.tagging = Tagging::vlan;
    } else if (view.tagging == Tagging::none) {
      view.tagging = Tagging::priority;
    }
    view.ether_type = load_be<std::uint16_t>(view.payload.data() + 2);
    view.payload = view.payload.subspan(4);
  }
  return view;
}

// header has room for kEthernetHeaderSize bytes.
inline void write_ethernet_header(MutableBytes header,
                                  const MacAddress& destination,
                                  const MacAddress& source,
                                  std::uint16_t ether_type) {
  std::memcpy(header.data(), destination.octets.data(), kMacSize);
  std::memcpy(header.data() + kMacSize, source.octets.data(), kMacSize);
  store_be(header.data() + 2 * kMacSize, ether_type);
}

}  // namespace lanyard::vswitch
