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

// The kernel merges up to the 64 KiB of an IP packet; where it has nothing to merge, a message is
// as small as a packet, and many of them together are what can be merged on the way out.
inline constexpr BatchShape kMergedShape{32, 64 * 1024};
// Of large messages no more are taken at once than this: four full ones. Up to here they stay in
// the processor's second-level cache until they are opened and passed on, and what came of them is
// on its way before the next are looked at: a ping beside a bulk transfer waits less long than with
// a mebibyte (its 99th percentile by a quarter), which carries no more.
inline constexpr std::size_t kBatchBytes = 256 * 1024;
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

  // Replaces what is there by what waits at the socket, or by a first part of it; never blocks.
  void receive(int descriptor);
  // The next messages will mostly be as long as the last.
  void expect(std::size_t message_bytes);

  std::unique_ptr<Slots> slots_;
  std::vector<Message> messages_;
  std::size_t size_ = 0;
  std::size_t too_long_ = 0;
  std::size_t wanted_ = 0;  // messages in the next receive
};

}  // namespace lanyard::platform
