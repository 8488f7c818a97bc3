// SPDX-License-Identifier: Apache-2.0
// Segmentation: cuts a super-frame, a TCP segment or a run of UDP datagrams up to 64 KiB long, into
// the frames that Linux would make of it. Payload is never copied: each segment's headers are
// written right before its payload, over the end of the payload before.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "core/base/bytes.h"
#include "core/vswitch/offload/offload_header.h"
#include "core/vswitch/offload/packet_layout.h"

namespace lanyard::vswitch {

// A plain value, good for the one frame that it was planned for. It holds a copy of the headers
// and borrows nothing.
class Segmentation {
 public:
  // 64 KiB of TCP in the smallest segments that Linux makes (net.ipv4.tcp_min_snd_mss: 48 bytes).
  static constexpr std::size_t kMaxSegments = 1366;

  // Nothing where the header lies: the type is none or does not fit the packet, the segment size
  // is 0 or 65,535 (which means "by fragments" to the kernel), no checksum is asked for or not
  // exactly TCP's or UDP's, the frame is not as long as IP says, or makes more than
  // kMaxSegments. Its header length is not looked at. A
  // payload that fits into one segment is no lie: count() is 1 then.
  static std::optional<Segmentation> plan(Bytes frame, const OffloadHeader& offload);

  std::size_t count() const { return count_; }
  std::size_t header_size() const { return layout_.payload_offset; }
  // Where make() puts the segment's frame in the super-frame.
  std::size_t offset(std::size_t index) const { return index * segment_size_; }
  // Of the whole frame; all but the last have the same size.
  std::size_t frame_size(std::size_t index) const { return header_size() + payload_size(index); }

  // Segment index as a whole frame inside of super_frame, which is the frame of plan(), with its
  // checksum pending. Call it with ascending indices (the same one again is fine): it writes
  // header_size() bytes before the payload of the segment, no other byte, so the segments before
  // are destroyed and those behind are whole.
  //
  // Each segment has IPv4's identification of the one before plus 1, TCP's sequence number on by
  // the payload before it, lengths and IPv4 header checksum of its own. FIN and PSH stay on the
  // last alone, CWR on the first alone (RFC 3168 section 6.1.2), everything else on all. The
  // pending sum is as right as that of the super-frame.
  MutableBytes make(std::size_t index, MutableBytes super_frame) const;

 private:
  Segmentation() = default;
  void measure(Bytes frame);
  std::size_t payload_size(std::size_t index) const {
    return index + 1 < count_ ? segment_size_ : last_payload_size_;
  }

  PacketLayout layout_;  // of the super-frame
  std::size_t count_ = 0;
  std::size_t segment_size_ = 0;
  std::size_t last_payload_size_ = 0;
  // Fields of the super-frame that segments count on from.
  std::uint32_t sequence_ = 0;
  std::uint16_t identification_ = 0;
  std::uint8_t flags_ = 0;
  // Sums of what is the same in all segments, without the fields that differ.
  std::uint16_t ipv4_sum_ = 0;
  std::uint16_t pseudo_header_sum_ = 0;
  std::array<std::uint8_t, PacketLayout::kMaxHeaderSize> headers_{};
};

}  // namespace lanyard::vswitch
