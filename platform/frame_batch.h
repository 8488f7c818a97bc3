// SPDX-License-Identifier: Apache-2.0
// What waits at a TAP device, read in one go into memory that is taken once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "core/base/bytes.h"
#include "core/node/outbound.h"

namespace lanyard::platform {

// Whether a virtio header stands before each frame of a device.
enum class FrameHeader : std::uint8_t { none, virtio };

// Used by one thread.
class FrameBatch {
 public:
  enum class Outcome : std::uint8_t {
    drained,  // nothing waits any more
    more,     // the batch is work enough, before the device is empty
    flood,    // the same, by nothing but small frames: as many as the data plane takes at once
    gone,     // the device was deleted under us
  };

  FrameBatch();

  // Replaces the batch by what waits: as many frames as the data plane takes at once, or one super-
  // frame, which is work enough for one turn. Never blocks.
  Outcome read(int descriptor, FrameHeader header);

  // Borrowed until the next read(); each may be changed, with the byte before it.
  std::span<const node::DeviceFrame> frames() const { return frames_; }
  // Of the last read(): frames whose header says what no kernel means.
  std::size_t malformed() const { return malformed_; }
  // Of the last read(): frames that the system could not hand out.
  std::size_t failed() const { return failed_; }

 private:
  void take(std::size_t offset, std::size_t size, FrameHeader header);

  Buffer slab_;
  std::vector<node::DeviceFrame> frames_;
  std::size_t malformed_ = 0;
  std::size_t failed_ = 0;
};

}  // namespace lanyard::platform
