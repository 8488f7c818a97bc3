// SPDX-License-Identifier: Apache-2.0
// Two TAP devices in a bridge: what is written to the near one comes out of the far one, after the
// kernel has done whatever the far one cannot have done for it.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "core/base/bytes.h"
#include "platform/file_descriptor.h"

namespace lanyard::platform {

enum class FarSide {
  plain,            // whole frames, with their checksums
  takes_checksums,  // whole frames, whose checksums may be pending
};

class BridgedTaps {
 public:
  // In the network of the calling thread, which is to have nothing else. Nothing, with a message,
  // where the kernel has no bridges.
  static std::optional<BridgedTaps> open(FarSide far_side);

  FarSide far_side() const { return far_side_; }
  // Since Linux 6.2; before, a write of UDP segments is refused.
  bool takes_udp_segments() const { return takes_udp_segments_; }
  // With an offload header before the frame.
  void write(Bytes offload, Bytes frame) const;
  // So many frames, or as many as come before some seconds of patience end.
  std::vector<Buffer> read(std::size_t count) const;

 private:
  BridgedTaps() = default;
  bool wait_until_forwarding() const;
  std::optional<Buffer> read_one(int patience_milliseconds) const;

  FarSide far_side_ = FarSide::plain;
  bool takes_udp_segments_ = false;
  FileDescriptor near_;
  FileDescriptor far_;
};

}  // namespace lanyard::platform
