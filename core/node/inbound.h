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
};

// Owned and used by one worker, as part of its DataPlane.
class Inbound {
 public:
  // drops must outlive it.
  explicit Inbound(DropCounters& drops) : drops_(drops) {}

  // Each datagram begins with 0xE4. They are opened in place, and borrowed until out.reset().
  void handle_run(const Forwarding& forwarding, const ReceivedRun& run, DataOutput& out);

 private:
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
};

}  // namespace lanyard::node
