// SPDX-License-Identifier: Apache-2.0
// TCP and UDP frames by recipe, for the tests of offloads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "core/base/bytes.h"
#include "core/base/endpoint.h"
#include "core/vswitch/offload/offload_header.h"
#include "core/vswitch/offload/packet_layout.h"

namespace lanyard::vswitch::test {

inline constexpr std::uint8_t kFin = 0x01;
inline constexpr std::uint8_t kSyn = 0x02;
inline constexpr std::uint8_t kRst = 0x04;
inline constexpr std::uint8_t kPsh = 0x08;
inline constexpr std::uint8_t kAck = 0x10;
inline constexpr std::uint8_t kUrg = 0x20;
inline constexpr std::uint8_t kEce = 0x40;
inline constexpr std::uint8_t kCwr = 0x80;

struct Recipe {
  std::vector<std::uint32_t> tags;  // type and tag control, as in 0x81000005
  IpFamily family = IpFamily::v4;
  Transport transport = Transport::tcp;
  Buffer ip_options;  // a multiple of 4 bytes; IPv4 only
  // Types and sizes (multiples of 8) of headers full of padding; IPv6 only.
  std::vector<std::pair<std::uint8_t, std::size_t>> extensions;
  Buffer tcp_options;
  Buffer payload;

  std::uint8_t traffic_class = 0;
  std::uint32_t flow_label = 0;
  std::uint16_t identification = 0;
  std::uint16_t fragment = 0x4000;  // "don't fragment"
  std::uint8_t hop_limit = 64;
  std::uint8_t source_host = 1;  // last byte of an address; the destination's is 2

  std::uint16_t source_port = 40'000;
  std::uint16_t destination_port = 5'201;
  std::uint32_t sequence = 1'000;
  std::uint32_t acknowledgment = 7'000;
  std::uint8_t flags = kAck;
  std::uint16_t window = 512;
  std::uint16_t urgent = 0;
};

// Bytes that tell of their place, so that a wrong cut shows.
Buffer numbered(std::size_t size, std::uint8_t first = 0);
// Two NOPs and timestamps, as almost every TCP segment has (RFC 7323).
Buffer timestamps();

// The frame with a pending checksum.
Buffer pending_frame(const Recipe& recipe);
// The frame with a right checksum.
Buffer complete_frame(const Recipe& recipe);
// What a kernel would say beside pending_frame() with that many bytes a segment; 0: no super-frame.
OffloadHeader offload_of(const Recipe& recipe, std::size_t segment_size);

Buffer written(const OffloadHeader& offload);

}  // namespace lanyard::vswitch::test
