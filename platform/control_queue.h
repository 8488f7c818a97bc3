// SPDX-License-Identifier: Apache-2.0
// What a data worker passes on to the control thread: datagrams that are not data, opened control
// messages, and addresses that peers have moved to.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>

#include "core/base/bytes.h"
#include "core/base/endpoint.h"
#include "platform/bounded_queue.h"
#include "platform/file_descriptor.h"

namespace lanyard::platform {

// Handshakes and control messages are at most 1,200 bytes (protocol.md 4 and 6), KRPC what fits
// one packet of an ordinary wire.
constexpr std::size_t kControlInputBytes = 1500;

struct ControlInput {
  enum class Kind : std::uint8_t { datagram, control_frame, new_address };

  // Leaves the bytes as they are: they are written before they are read.
  ControlInput() {}

  Kind kind = Kind::datagram;
  std::uint32_t session_index = 0;  // ours; for control_frame and new_address
  std::uint16_t size = 0;
  Endpoint from;
  std::array<std::uint8_t, kControlInputBytes> bytes;

  Bytes body() const { return Bytes(bytes).first(size); }
};

// One worker writes, the control thread reads.
class ControlQueue {
 public:
  ControlQueue();

  // Worker. body is copied; one that is too long is dropped like one that finds no room.
  void push(ControlInput::Kind kind, std::uint32_t session_index, const Endpoint& from, Bytes body);
  // Worker: wakes the control thread if anything was pushed since the last call.
  void signal();

  // Control thread: readable after signal().
  int descriptor() const { return event_.get(); }
  // Calls take(const ControlInput&) for what waits, at most a batch, so that other events get
  // their turn; the descriptor stays readable while more waits.
  template <typename Take>
  void drain(Take take) {
    clear_event();
    for (std::size_t i = 0; i < kDrained; ++i) {
      if (!queue_.pop([&](const ControlInput& input) { take(input); })) return;
    }
    raise_event();
  }

  // Any thread.
  std::uint64_t dropped() const { return queue_.dropped() + oversized_.load(); }

 private:
  // A burst of a full socket batch from each of four sources; 400 KiB.
  static constexpr std::size_t kCapacity = 256;
  static constexpr std::size_t kDrained = 64;

  void raise_event() const;
  void clear_event() const;

  BoundedQueue<ControlInput> queue_;
  FileDescriptor event_;
  bool is_pushed_ = false;  // the worker's
  std::atomic<std::uint64_t> oversized_{0};
};

}  // namespace lanyard::platform
