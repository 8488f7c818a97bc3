// SPDX-License-Identifier: Apache-2.0
// A queue of fixed size between one writing and one reading thread. Nothing is allocated after
// construction, neither side ever waits, and what does not fit is refused and counted.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace lanyard::platform {

// Slot is filled and read in place, so that slots may hold buffers that are allocated once.
template <typename Slot>
class BoundedQueue {
 public:
  // capacity must be a power of two.
  explicit BoundedQueue(std::size_t capacity) : slots_(capacity), mask_(capacity - 1) {}

  // Writing thread: fill(Slot&) is called if there is room. False, and counted, if there is none.
  template <typename Fill>
  bool push(Fill fill) {
    const std::size_t tail = tail_.load(std::memory_order_relaxed);
    if (tail - head_.load(std::memory_order_acquire) > mask_) {
      dropped_.fetch_add(1, std::memory_order_relaxed);
      return false;
    }
    fill(slots_[tail & mask_]);
    tail_.store(tail + 1, std::memory_order_release);
    return true;
  }

  // Reading thread: take(Slot&) is called with the oldest. False when the queue is empty.
  template <typename Take>
  bool pop(Take take) {
    const std::size_t head = head_.load(std::memory_order_relaxed);
    if (head == tail_.load(std::memory_order_acquire)) return false;
    take(slots_[head & mask_]);
    head_.store(head + 1, std::memory_order_release);
    return true;
  }

  // Any thread.
  std::uint64_t dropped() const { return dropped_.load(std::memory_order_relaxed); }

 private:
  std::vector<Slot> slots_;
  std::size_t mask_;
  // On lines of their own: each is written by one thread and polled by the other.
  alignas(64) std::atomic<std::size_t> head_{0};
  alignas(64) std::atomic<std::size_t> tail_{0};
  std::atomic<std::uint64_t> dropped_{0};
};

}  // namespace lanyard::platform
