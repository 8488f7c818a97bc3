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

// Owned and used by one worker, as part of its DataPlane.
class Outbound {
 public:
  // Gathered to runs across all frames of a batch.
  static constexpr std::size_t kMaxBatch = 64;

  // drops must outlive it.
  explicit Outbound(DropCounters& drops);

  // At most kMaxBatch frames, borrowed until the call returns.
  void handle_frames(const Forwarding& forwarding,
                     DeviceId device,
                     std::span<const DeviceFrame> frames,
                     DataOutput& out);

 private:
  static constexpr std::size_t kNoSegmentation = SIZE_MAX;

  // A frame on its way to one member.
  struct Routed {
    const PeerPath* path = nullptr;  // nullptr: sent
    vswitch::Form form = vswitch::Form::full;
    MutableBytes frame;
    vswitch::ChecksumState checksum = vswitch::ChecksumState::complete;
    std::size_t segmentation = kNoSegmentation;  // in segmentations_

    bool is_super_frame() const { return segmentation != kNoSegmentation; }
  };

  void route(const DeviceForwarding& port, const DeviceFrame& frame, DataOutput& out);
  // Prepares what the kernel has left to be done; false: its header lies.
  bool prepare(const DeviceFrame& frame, Routed& routed);
  // All frames in routed_ for the first one's member, in order.
  void send_to_member(std::span<Routed> routed, DataOutput& out);
  void flood(const DeviceForwarding& port, const Routed& routed, DataOutput& out);
  void answer(DeviceId device, Bytes frame, DataOutput& out);
  void seal(const PeerPath& path,
            std::uint64_t counter,
            vswitch::Form form,
            MutableBytes frame,
            vswitch::ChecksumState checksum,
            DataOutput& out);

  DropCounters& drops_;
  // Of the batch at hand.
  std::vector<Routed> routed_;
  std::vector<vswitch::Segmentation> segmentations_;
};

}  // namespace lanyard::node
