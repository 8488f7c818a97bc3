// SPDX-License-Identifier: Apache-2.0
// Coalescer: collects the frames of a batch for the devices, and merges those that follow each
// other in one TCP or UDP flow into super-frames, so that the kernel takes tens of them with one
// write.
//
// It merges only what the kernel's segmentation takes apart again into exactly the same bytes. A
// frame whose checksum is complete is merged only when that checksum is right. (Of a pending
// checksum the kernel may write either form of zero, 0 or 0xffff, as it may without merging.)
// Nothing is copied: a super-frame is gathered from the first frame and the others' payloads.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "core/base/bytes.h"
#include "core/vswitch/offload/checksum.h"
#include "core/vswitch/offload/continuation.h"
#include "core/vswitch/offload/offload_header.h"
#include "core/vswitch/offload/packet_layout.h"

namespace lanyard::vswitch {

// What the devices' kernel side takes. Without checksum, all checksums are completed here and, as a
// merged frame has a pending one, nothing is merged.
struct CoalescerFeatures {
  bool tcp = true;
  bool udp = true;
  bool checksum = true;
};

// Owned and used by one worker. Fill it, finish(), read groups(), clear().
class Coalescer {
 public:
  // Segments of one group: what fits into a system call's vector and an IP packet alike.
  static constexpr std::size_t kMaxSegments = 64;
  // Of one group's gather(): the offload header, the first frame, the other payloads.
  static constexpr std::size_t kMaxPieces = 1 + kMaxSegments;

  // Frames of one group make one write to the device: the offload header, then all pieces.
  struct Group {
    std::uint32_t port = 0;
    std::array<std::uint8_t, OffloadHeader::kSize> offload{};  // good after finish()
    std::uint32_t frames = 0;  // how many it was made of; 1: it is as it was added
    std::uint32_t size = 0;    // bytes of the super-frame, without the offload header

   private:
    friend class Coalescer;
    std::uint32_t first_ = 0;  // in pieces_
    std::uint32_t last_ = 0;
  };

  // All memory that it will ever take is taken here.
  Coalescer(std::size_t max_frames, CoalescerFeatures features);

  // False, and nothing happened, when there are max_frames already. The frame is borrowed until
  // clear(), and its headers may be rewritten by this and later calls. pending is ignored for a
  // frame in which parse_layout() finds nothing.
  //
  // The order of the frames of one flow is kept; frames of different flows may overtake. A frame
  // in which no flow can be seen overtakes, and is overtaken by, none between the same two MAC
  // addresses.
  bool add(std::uint32_t port, MutableBytes frame, ChecksumState checksum);
  // The same for a frame that is complete and belongs to no flow; never merged or written to.
  bool add_plain(std::uint32_t port, Bytes frame);

  // Frames held.
  std::size_t size() const { return pieces_.size(); }
  bool empty() const { return pieces_.empty(); }

  // Ends all groups and writes their headers. Frames added later begin new groups.
  void finish();

  // In the order of their first frames. Good until the next add or clear().
  std::span<const Group> groups() const { return groups_; }
  // The pieces of a group in order; returns how many. out has room for kMaxPieces. Good until
  // clear().
  std::size_t gather(const Group& group, std::span<Bytes> out) const;

  void clear();

 private:
  // So many flows can be merged side by side; one more ends the group of another.
  static constexpr std::size_t kMaxOpenGroups = 8;

  // A frame's part of its group: all of the first frame, the payload of the others.
  struct Piece {
    const std::uint8_t* data = nullptr;
    std::uint32_t size = 0;
    std::uint32_t next = 0;  // in pieces_
  };
  // A group that may still grow. At most one for each flow.
  struct OpenGroup {
    bool is_open = false;
    std::uint32_t group = 0;  // in groups_
    MutableBytes first;       // its first frame
    Continuation continuation;
  };

  void add_by_fields(std::uint32_t port, MutableBytes frame, ChecksumState checksum);
  bool takes(const PacketLayout& layout) const;
  OpenGroup* find_flow(std::uint32_t port, Bytes frame, const PacketLayout& layout);
  void add_single(std::uint32_t port, Bytes frame, const OffloadHeader& offload);
  void append(OpenGroup& open, Bytes frame, std::size_t payload_offset);
  void open_group(std::uint32_t port, MutableBytes frame, const PacketLayout& layout);
  void close(OpenGroup& open);
  void close_between_macs_of(std::uint32_t port, Bytes frame);

  std::size_t max_frames_;
  CoalescerFeatures features_;
  std::vector<Piece> pieces_;
  std::vector<Group> groups_;
  std::array<OpenGroup, kMaxOpenGroups> open_;
  std::size_t latest_ = 0;  // in open_: the likeliest to be continued
};

}  // namespace lanyard::vswitch
