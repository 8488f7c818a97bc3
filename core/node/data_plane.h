// SPDX-License-Identifier: Apache-2.0
// DataPlane: carries Ethernet frames between a TAP device and sessions. A worker reads a batch (of
// up to 64 frames or datagrams), hands in each, then sends all that is in its DataOutput, then
// resets that. No allocation after construction, no clock, no log, no system call; whatever cannot
// be carried is dropped and counted.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "core/base/bytes.h"
#include "core/base/endpoint.h"
#include "core/node/device_id.h"
#include "core/node/drop_reason.h"
#include "core/node/forwarding.h"
#include "core/vswitch/forwarding.h"

namespace lanyard::node {

struct SealedDatagram {
  Endpoint to;
  Bytes payload;
};

struct DeviceFrame {
  DeviceId device = 0;
  Bytes frame;
};

// An in-session control message, for the control thread.
struct OpenedControl {
  std::uint32_t session_index = 0;  // ours
  Endpoint from;
  Bytes body;
};

// An authentic datagram came from another address than the session's path. At most one for each
// session and snapshot (or rearm), however many datagrams come.
struct NewAddress {
  std::uint32_t session_index = 0;  // ours
  Endpoint from;
};

// What one batch yields. Owned and used by one worker. The views are good until reset(): sealed
// datagrams and local answers lie in the output's own memory; frames and control bodies lie in the
// datagrams that were handed in, which therefore must stay as they are until then.
class DataOutput {
 public:
  struct Capacity {
    std::size_t bytes = std::size_t{2} << 20;  // touched, and so resident, only as far as used
    std::size_t items = 2048;                  // of each kind
  };

  DataOutput();
  explicit DataOutput(Capacity capacity);

  // False when more than half full: send and reset before the next input. So one flooded frame
  // always finds at least half of the capacity free.
  bool has_room() const;
  void reset();

  const std::vector<SealedDatagram>& datagrams() const { return datagrams_; }
  const std::vector<DeviceFrame>& frames() const { return frames_; }
  const std::vector<OpenedControl>& control() const { return control_; }
  const std::vector<NewAddress>& new_addresses() const { return new_addresses_; }

 private:
  friend class DataPlane;

  // Memory for one more item, which is kept once take() is called; empty when there is none.
  MutableBytes room_for(std::size_t bytes);
  void take(MutableBytes room);

  Capacity capacity_;
  std::unique_ptr<std::uint8_t[]> memory_;
  std::size_t used_ = 0;  // bytes of memory_
  std::vector<SealedDatagram> datagrams_;
  std::vector<DeviceFrame> frames_;
  std::vector<OpenedControl> control_;
  std::vector<NewAddress> new_addresses_;
};

// Owned and used by one worker; drops() may be called from any thread.
class DataPlane {
 public:
  // A frame that the device's kernel side sent, borrowed for the call.
  void handle_frame(const Forwarding& forwarding, DeviceId device, Bytes frame, DataOutput& out);

  // A datagram that begins with 0xE4. It is opened in place, and borrowed until out.reset().
  void handle_datagram(const Forwarding& forwarding,
                       const Endpoint& from,
                       MutableBytes datagram,
                       DataOutput& out);

  DropCounts drops() const { return drops_.read(); }

 private:
  void send(const PeerPath& path, vswitch::Form form, Bytes frame, DataOutput& out);
  void answer(DeviceId device, Bytes frame, DataOutput& out);
  void handle_body(const Forwarding& forwarding,
                   const SessionEntry& entry,
                   MutableBytes datagram,
                   const tunnel::Body& body,
                   DataOutput& out);
  void deliver(const DeviceForwarding& port,
               const SessionEntry& entry,
               Bytes frame,
               DataOutput& out);

  DropCounters drops_;
};

}  // namespace lanyard::node
