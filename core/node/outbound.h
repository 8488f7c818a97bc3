// SPDX-License-Identifier: Apache-2.0
// Outbound: frames of a device become sealed datagrams for members. Super-frames are cut into
// segments on the way, without a copy: each is sealed from where it lies.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "core/base/bytes.h"
#include "core/node/data_output.h"
#include "core/node/device_id.h"
#include "core/node/drop_reason.h"
#include "core/node/forwarding.h"
#include "core/vswitch/forwarding.h"
#include "core/vswitch/offload/offload_header.h"
#include "core/vswitch/offload/segmentation.h"

namespace lanyard::node {

// A frame or super-frame that the device's kernel side sent. It is worked on in place: the bytes
// change, and so may the one before the first.
struct DeviceFrame {
  MutableBytes frame;
  vswitch::OffloadHeader offload;  // what the kernel has left to be done
};

// Whether a batch has been carried as far as it goes.
enum class [[nodiscard]] Progress : std::uint8_t{
    done,
    more,  // the output has no room for the rest
};

// Owned and used by one worker, as part of its DataPlane.
class Outbound {
 public:
  // Gathered to runs across all frames of a batch.
  static constexpr std::size_t kMaxBatch = 64;

  // drops must outlive it.
  explicit Outbound(DropCounters& drops);

  // At most kMaxBatch frames, which are borrowed, as forwarding is, until all is done. Where more
  // is left, the output is to be sent and reset, and go_on() called until nothing is.
  Progress handle_frames(const Forwarding& forwarding,
                         DeviceId device,
                         std::span<const DeviceFrame> frames,
                         DataOutput& out);
  Progress go_on(DataOutput& out);

 private:
  static constexpr std::size_t kNoSegmentation = SIZE_MAX;

  // A frame on its way to one member, or to all.
  struct Routed {
    const PeerPath* path = nullptr;  // nullptr: sent; or flooded
    vswitch::Form form = vswitch::Form::full;
    MutableBytes frame;
    vswitch::ChecksumState checksum = vswitch::ChecksumState::complete;
    std::size_t segmentation = kNoSegmentation;  // in segmentations_

    bool is_super_frame() const { return segmentation != kNoSegmentation; }
  };
  // What a frame is once it is sealed.
  struct Load {
    std::size_t packets = 0;
    std::size_t bytes = 0;
    std::size_t largest = 0;  // of its datagrams
  };
  // Whether a super-frame is sent once, and may be destroyed on the way, or again.
  enum class Use : std::uint8_t { last, one_of_many };

  void route(const DeviceForwarding& port, const DeviceFrame& frame, DataOutput& out);
  // Prepares what the kernel has left to be done; false: it cannot be sent, which is counted.
  bool prepare(const DeviceFrame& frame, Routed& routed);
  Load load_of(const Routed& routed) const;
  void answer(DeviceId device, Bytes frame, DataOutput& out);
  // False when there is no room for the rest.
  bool send_routed(DataOutput& out);
  bool send_flooded(DataOutput& out);
  // To one member, in order, under one reservation of counters: as many frames of share_ as there
  // is room for. Returns how many are settled.
  std::size_t send_share(const PeerPath& path, Use use, DataOutput& out);
  // Returns the next counter.
  std::uint64_t seal_frame(
      const PeerPath& path, std::uint64_t counter, Routed& routed, Use use, DataOutput& out);
  // A checksum that the member cannot take pending is completed in the frame.
  void seal(const PeerPath& path,
            std::uint64_t counter,
            vswitch::Form form,
            MutableBytes frame,
            vswitch::ChecksumState& checksum,
            DataOutput& out);

  DropCounters& drops_;
  // Of the batch at hand.
  const DeviceForwarding* port_ = nullptr;
  std::vector<Routed> routed_;
  std::vector<Routed> flooded_;
  std::vector<vswitch::Segmentation> segmentations_;
  std::vector<Routed*> share_;  // what is being sent to one member
  // How far it has been carried: all before has been settled.
  std::size_t next_routed_ = 0;
  std::size_t next_member_ = 0;   // of the flood list
  std::size_t next_flooded_ = 0;  // for that member
};

}  // namespace lanyard::node
