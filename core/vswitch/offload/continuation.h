// SPDX-License-Identifier: Apache-2.0
// Continuation: which frame may follow in a group of merged frames, kept as the very headers that
// the next full segment has to have. So the common case is one comparison of bytes, and it is the
// headers' bytes, not a list of fields, that decide.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "core/base/bytes.h"
#include "core/vswitch/offload/checksum.h"
#include "core/vswitch/offload/packet_layout.h"

namespace lanyard::vswitch {

// Part of a Coalescer. Borrows nothing.
class Continuation {
 public:
  // Of the IP packet, its header included: what IPv4's length field can say. IPv6's could say 40
  // more; the kernel's own limit for such packets is the same for both (GSO_LEGACY_MAX_SIZE).
  static constexpr std::size_t kMaxPacketSize = 65'535;

  // Whether a frame can be part of a group at all: segmentation would restore it. layout is
  // parse_layout() of the frame.
  static bool is_mergeable(Bytes frame, const PacketLayout& layout, ChecksumState checksum);

  // Whether a frame is the last of its group, for segmentation keeps PSH on the last alone.
  static bool has_push(Bytes frame, const PacketLayout& layout);

  // Expects what follows a mergeable frame without PSH.
  void begin(std::uint32_t port, Bytes frame, const PacketLayout& layout);
  // Expects what follows the frame that was expected, whose payload is that long.
  void advance(std::size_t payload_size);

  // Whether the frame, with a pending checksum, is the full segment that comes next.
  bool is_next_full(std::uint32_t port, Bytes frame) const {
    if (frame.size() != full_frame_size_ || port != port_) return false;
    // Ports differ before anything else does; most misses end here.
    if (std::memcmp(frame.data() + layout_.transport_offset,
                    headers_.data() + layout_.transport_offset, 4) != 0) {
      return false;
    }
    return std::memcmp(frame.data(), headers_.data(), layout_.payload_offset) == 0 && has_room();
  }
  // Whether a mergeable frame of the same flow comes next, full or not.
  bool is_next(Bytes frame, const PacketLayout& layout) const;

  // Same port, protocol, addresses and ports. layout is parse_layout() of the frame.
  bool is_same_flow(std::uint32_t port, Bytes frame, const PacketLayout& layout) const;
  bool is_between_same_macs(std::uint32_t port, Bytes frame) const;

  const PacketLayout& layout() const { return layout_; }  // of the first frame
  std::size_t packet_size() const { return packet_size_; }

 private:
  bool has_room() const { return packet_size_ + layout_.payload_size() <= kMaxPacketSize; }
  void write_identification();

  std::uint32_t port_ = 0;
  std::uint32_t sequence_ = 0;
  std::uint16_t identification_ = 0;
  std::uint16_t ipv4_sum_ = 0;   // of the header without checksum and identification
  std::size_t packet_size_ = 0;  // of the IP packet that the group has become
  std::size_t full_frame_size_ = 0;
  PacketLayout layout_;
  // IPv4 has no options then, and IPv6 no extensions.
  static constexpr std::size_t kMaxHeaderSize =
      14 + 4 * PacketLayout::kMaxTags + ipv6::kHeaderSize + 60;

  std::array<std::uint8_t, kMaxHeaderSize> headers_{};
};

}  // namespace lanyard::vswitch
