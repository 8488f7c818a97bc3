// SPDX-License-Identifier: Apache-2.0
// Where datagrams are received: a fixed number of messages, each of which holds one datagram or,
// where the kernel merges them (UDP_GRO), many of one peer, one behind the other.
//
// All memory is taken at construction, but the system gives it out only as far as it is written.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "core/base/bytes.h"
#include "core/base/endpoint.h"

namespace lanyard::platform {

struct BatchShape {
  std::size_t messages = 0;
  std::size_t message_bytes = 0;

  bool operator==(const BatchShape&) const = default;
};

// The kernel merges up to the 64 KiB of an IP packet. Four of them are work enough for one turn:
// what came of them is on its way before the next are looked at, and a ping beside a bulk transfer
// waits less long than with sixteen (its 99th percentile by a quarter), which carry no more.
inline constexpr BatchShape kMergedShape{4, 64 * 1024};
// Without merging: one datagram each, jumbo frames (at most 9,600 bytes in common use) included.
inline constexpr BatchShape kSingleShape{64, 10 * 1024};

// Used by one thread.
class ReceiveBatch {
 public:
  // Before the first byte of each message as many are the owner's to write, as if the message
  // followed another datagram: what is restored before an opened datagram finds its place.
  static constexpr std::size_t kHeadroom = 64;

  explicit ReceiveBatch(BatchShape shape);
  ReceiveBatch(ReceiveBatch&&) noexcept;
  ReceiveBatch& operator=(ReceiveBatch&&) noexcept;
  ~ReceiveBatch();

  std::size_t size() const { return size_; }
  const Endpoint& from(std::size_t index) const { return messages_[index].from; }
  // All datagrams of the message; borrowed until the next receive. An empty datagram is a message
  // without bytes.
  MutableBytes bytes(std::size_t index) const { return messages_[index].bytes; }
  // The size of each datagram but the last, which may be shorter. Never 0.
  std::size_t segment_size(std::size_t index) const { return messages_[index].segment_size; }
  // Messages of the last receive that did not fit message_bytes and are left out.
  std::size_t too_long() const { return too_long_; }

 private:
  friend class UdpPort;

  struct Message {
    Endpoint from;
    MutableBytes bytes;
    std::size_t segment_size = 1;
  };
  class Slots;  // in the form that the system takes them

  // Replaces what is there by what waits at the socket; never blocks.
  void receive(int descriptor);

  std::unique_ptr<Slots> slots_;
  std::vector<Message> messages_;
  std::size_t size_ = 0;
  std::size_t too_long_ = 0;
};

}  // namespace lanyard::platform
