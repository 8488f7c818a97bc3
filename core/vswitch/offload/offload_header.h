// SPDX-License-Identifier: Apache-2.0
// OffloadHeader: what stands before each frame at a TAP device with IFF_VNET_HDR, and says what the
// other side has left to be done: which checksum is missing, and into segments of which size the
// frame is still to be cut. Nothing here is checked against the frame; Segmentation::plan() and
// settle_checksum() do that.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "core/base/bytes.h"

namespace lanyard::vswitch {

// struct virtio_net_hdr, VIRTIO 1.2 section 5.1.6:
//  0       1          2               4              6                8                 10
//  | flags | gso type | header length | segment size | checksum start | checksum offset |
// Integers are in the byte order of the machine, which is what the kernel uses where no other was
// asked for (TUNSETVNETLE, TUNSETVNETBE).
struct OffloadHeader {
  static constexpr std::size_t kSize = 10;

  enum class Gso : std::uint8_t {
    none = 0,    // VIRTIO_NET_HDR_GSO_NONE
    tcp_v4 = 1,  // VIRTIO_NET_HDR_GSO_TCPV4
    tcp_v6 = 4,  // VIRTIO_NET_HDR_GSO_TCPV6
    udp = 5,     // VIRTIO_NET_HDR_GSO_UDP_L4: datagrams, of either IP version
  };

  Gso gso = Gso::none;
  // The sum over the bytes from checksum_start to the end of the frame is still to be put at
  // checksum_start + checksum_offset, where the sum over the pseudo-header stands already.
  bool needs_checksum = false;
  bool ecn = false;                 // VIRTIO_NET_HDR_GSO_ECN: a TCP super-frame that has CWR set
  std::uint16_t header_length = 0;  // a hint for the kernel's allocation; nothing to be trusted
  std::uint16_t segment_size = 0;   // payload bytes of each segment but the last
  std::uint16_t checksum_start = 0;
  std::uint16_t checksum_offset = 0;

  // The first kSize bytes. Nothing where they are fewer, or for a gso type that is none of the
  // above (IPv4 fragmentation of UDP, 3, is not used by kernels since 4.14).
  static std::optional<OffloadHeader> parse(Bytes bytes);
  // to has room for kSize bytes.
  void write(MutableBytes to) const;

  friend bool operator==(const OffloadHeader&, const OffloadHeader&) = default;
};

}  // namespace lanyard::vswitch
