// SPDX-License-Identifier: Apache-2.0
#include "platform/frame_batch.h"

#include <cerrno>

#include <unistd.h>

namespace lanyard::platform {
namespace {

using vswitch::OffloadHeader;

// An IP packet of 65,535 bytes with its virtio and Ethernet headers and some VLAN tags: the longest
// that the kernel hands out, whatever MTU a device was given.
constexpr std::size_t kLongestRead = 65'535 + OffloadHeader::kSize + 14 + 32;
// From here on a batch is work enough: the next read would only delay what has been read.
constexpr std::size_t kEnoughBytes = 32 * 1024;
// Before each frame, without a virtio header too, for the byte that the data plane may change.
constexpr std::size_t kGap = 64;

}  // namespace

FrameBatch::FrameBatch()
    : slab_(kEnoughBytes + kLongestRead + node::Outbound::kMaxBatch * 2 * kGap) {
  frames_.reserve(node::Outbound::kMaxBatch);
}

FrameBatch::Outcome FrameBatch::read(int descriptor, FrameHeader header) {
  frames_.clear();
  malformed_ = 0;
  failed_ = 0;
  std::size_t offset = kGap;
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < node::Outbound::kMaxBatch; ++i) {
    const ssize_t size = ::read(descriptor, slab_.data() + offset, kLongestRead);
    if (size == 0) return Outcome::gone;
    if (size < 0) {
      if (errno == EAGAIN) return Outcome::drained;
      if (errno == EBADFD) return Outcome::gone;  // the queue's device is no more
      // One frame that the driver cannot describe (EINVAL) says nothing about the next.
      if (errno != EINTR) ++failed_;
      continue;
    }
    take(offset, static_cast<std::size_t>(size), header);
    bytes += static_cast<std::size_t>(size);
    if (bytes >= kEnoughBytes) return Outcome::more;
    offset += (static_cast<std::size_t>(size) / kGap + 2) * kGap;
  }
  // The driver has given up the frames that it could not hand out: the queue goes on.
  return failed_ == node::Outbound::kMaxBatch ? Outcome::more : Outcome::flood;
}

void FrameBatch::take(std::size_t offset, std::size_t size, FrameHeader header) {
  const MutableBytes read = MutableBytes(slab_).subspan(offset, size);
  if (header == FrameHeader::none) {
    frames_.push_back({read, {}});
    return;
  }
  const auto offload = OffloadHeader::parse(read);
  if (!offload) {
    ++malformed_;
    return;
  }
  frames_.push_back({read.subspan(OffloadHeader::kSize), *offload});
}

}  // namespace lanyard::platform
