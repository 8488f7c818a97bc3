// SPDX-License-Identifier: Apache-2.0
// RelayMeter: what one member has us relay: a token bucket and counters. The control thread fills
// the bucket, for the workers have no clock; any of them draws from it.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>

namespace lanyard::node {

class RelayMeter {
 public:
  // Full at first.
  explicit RelayMeter(std::int64_t capacity_bytes)
      : capacity_(capacity_bytes), tokens_(capacity_bytes) {}

  // For so many bytes in so many datagrams; false: they are over the quota, and counted so.
  bool draw(std::uint64_t bytes, std::uint64_t packets) {
    const auto wanted = static_cast<std::int64_t>(bytes);
    // Below zero by what several workers draw at once, at the most.
    if (tokens_.load(std::memory_order_relaxed) < wanted) {
      refused_.fetch_add(packets, std::memory_order_relaxed);
      return false;
    }
    tokens_.fetch_sub(wanted, std::memory_order_relaxed);
    bytes_.fetch_add(bytes, std::memory_order_relaxed);
    packets_.fetch_add(packets, std::memory_order_relaxed);
    return true;
  }
  void fill(std::int64_t bytes) {
    const std::int64_t room = capacity_ - tokens_.load(std::memory_order_relaxed);
    tokens_.fetch_add(std::min(bytes, std::max<std::int64_t>(room, 0)), std::memory_order_relaxed);
  }

  std::uint64_t bytes() const { return bytes_.load(std::memory_order_relaxed); }
  std::uint64_t packets() const { return packets_.load(std::memory_order_relaxed); }
  std::uint64_t refused_packets() const { return refused_.load(std::memory_order_relaxed); }

 private:
  const std::int64_t capacity_;
  std::atomic<std::int64_t> tokens_;
  std::atomic<std::uint64_t> bytes_ = 0;
  std::atomic<std::uint64_t> packets_ = 0;
  std::atomic<std::uint64_t> refused_ = 0;
};

}  // namespace lanyard::node
