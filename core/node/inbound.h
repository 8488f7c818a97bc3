// SPDX-License-Identifier: Apache-2.0
// Inbound: data datagrams become frames for the devices, or bodies for the control thread. They are
// opened where they lie, in batches, and what belongs together leaves as one super-frame.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "core/base/bytes.h"
#include "core/base/endpoint.h"
#include "core/node/data_output.h"
#include "core/node/drop_reason.h"
#include "core/node/forwarding.h"
#include "core/tunnel/session.h"

namespace lanyard::node {

// Datagrams of one sender, one behind the other, as UDP receive offload hands them over: all but
// the last have segment_size bytes.
struct ReceivedRun {
  // Before the first of them lie kHeadroom bytes that may be overwritten.
  static constexpr std::size_t kHeadroom = 16;

  Endpoint from;
  MutableBytes bytes;
  std::size_t segment_size = 0;
  std::size_t prefix = 0;  // so many bytes of each of them are a relay's
};

// Owned and used by one worker, as part of its DataPlane.
class Inbound {
 public:
  // drops must outlive it.
  explicit Inbound(DropCounters& drops) : drops_(drops) {}

  // Each datagram begins with 0xE4. They are opened in place, and borrowed until out.reset().
  void handle_run(const Forwarding& forwarding, const ReceivedRun& run, DataOutput& out);
  // A handshake's message 3 for this index has gone to the control thread. What its sender says
  // right behind it may be here before the session is in a snapshot.
  void expect_session(tunnel::SessionIndex index);

 private:
  // Message 3 of so many handshakes, the newest, are remembered; and as many datagrams behind each
  // go to the control thread: what a peer says at once is a handful of messages. More is lost, so
  // whoever sends messages 3 that mean nothing cannot send it much more beside them.
  static constexpr std::size_t kExpected = 8;
  static constexpr std::uint8_t kEarly = 8;

  struct Expected {
    tunnel::SessionIndex index = 0;
    std::uint8_t left = 0;  // datagrams that may still be early
  };

  bool is_expected(tunnel::SessionIndex receiver);
  // Datagrams of a session that is in no snapshot.
  void set_aside(tunnel::SessionIndex receiver,
                 const Endpoint& from,
                 std::span<const tunnel::Incoming> batch,
                 DataOutput& out);
  // As many as are opened under one lock of the replay window.
  static constexpr std::size_t kBatch = 64;

  void open_batch(const Forwarding& forwarding,
                  tunnel::SessionIndex receiver,
                  const Endpoint& from,
                  std::span<tunnel::Incoming> batch,
                  DataOutput& out);
  void handle_body(const SessionEntry& entry,
                   const DeviceForwarding* port,
                   const Endpoint& from,
                   const tunnel::Body& body,
                   DataOutput& out);
  void deliver(const SessionEntry& entry,
               const DeviceForwarding* port,
               const tunnel::Body& body,
               DataOutput& out);

  DropCounters& drops_;
  std::array<tunnel::Incoming, kBatch> batch_;
  std::array<Expected, kExpected> expected_;
  std::size_t next_expected_ = 0;  // is overwritten next
};

}  // namespace lanyard::node
