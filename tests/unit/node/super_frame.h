// SPDX-License-Identifier: Apache-2.0
// A TCP super-frame as the kernel hands it to a TAP device, from Anna to Bert.
#pragma once

#include <algorithm>

#include "core/base/endian.h"
#include "core/vswitch/offload/checksum.h"
#include "core/vswitch/offload/offload_header.h"
#include "core/vswitch/offload/packet_layout.h"
#include "tests/unit/node/two_nodes.h"

namespace lanyard::node::test {

inline constexpr std::size_t kIpHeader = 20;
inline constexpr std::size_t kTcpHeader = 20;
inline constexpr std::size_t kHeaders = vswitch::kEthernetHeaderSize + kIpHeader + kTcpHeader;
inline constexpr std::size_t kSegment = 1360;

// What the kernel hands out for a large write to a TCP socket.
struct SuperFrame {
  Buffer frame;
  vswitch::OffloadHeader offload;
};

inline SuperFrame make_super_frame(std::size_t payload, std::uint32_t sequence = 1000) {
  SuperFrame out;
  out.frame = make_frame(kBert, kAnna, vswitch::kEtherTypeIpv4, kIpHeader + kTcpHeader + payload);
  std::uint8_t* const ip = out.frame.data() + vswitch::kEthernetHeaderSize;
  std::fill_n(ip, kIpHeader + kTcpHeader, std::uint8_t{0});
  ip[0] = 0x45;
  store_be(ip + 2, static_cast<std::uint16_t>(kIpHeader + kTcpHeader + payload));
  store_be(ip + 4, std::uint16_t{7});
  ip[6] = 0x40;  // don't fragment
  ip[8] = 64;
  ip[9] = 6;
  const auto addresses = *from_hex("0a4d000a0a4d000b");
  std::copy(addresses.begin(), addresses.end(), ip + 12);
  store_be(ip + 10, static_cast<std::uint16_t>(~vswitch::internet_sum({ip, kIpHeader})));
  std::uint8_t* const tcp = ip + kIpHeader;
  store_be(tcp, std::uint16_t{5001});
  store_be(tcp + 2, std::uint16_t{5002});
  store_be(tcp + 4, sequence);
  store_be(tcp + 8, std::uint32_t{77});
  tcp[12] = 0x50;
  tcp[13] = 0x10;  // ACK
  store_be(tcp + 14, std::uint16_t{512});
  const auto layout = vswitch::parse_layout(out.frame);
  store_be(tcp + 16, vswitch::pseudo_header_sum(out.frame, layout.value()));
  out.offload.gso =
      payload > kSegment ? vswitch::OffloadHeader::Gso::tcp_v4 : vswitch::OffloadHeader::Gso::none;
  out.offload.needs_checksum = true;
  out.offload.header_length = kHeaders;
  out.offload.segment_size = payload > kSegment ? kSegment : 0;
  out.offload.checksum_start = vswitch::kEthernetHeaderSize + kIpHeader;
  out.offload.checksum_offset = 16;
  return out;
}

}  // namespace lanyard::node::test
