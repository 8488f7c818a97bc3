// SPDX-License-Identifier: Apache-2.0
// Sends the control thread's datagrams: handshakes, control messages, the DHT's. They share their
// socket with the first worker, whose bulk may have filled it, and then wait for room: what keeps
// sessions alive must not be lost to what they carry.
//
// Owned by the daemon, control thread.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "core/base/datagram.h"
#include "core/base/endpoint.h"
#include "platform/drop_counters.h"
#include "platform/event_loop.h"
#include "platform/udp_port.h"

namespace lanyard::platform {

class ControlSender {
 public:
  // What is more waits in vain: a peer asks again after a second or so.
  static constexpr std::size_t kMaxWaitingBytes = std::size_t{256} << 10;

  // Both must outlive it.
  ControlSender(EventLoop& loop, const UdpPort& port);

  // In order, each family for itself; those for which there is no room in time are counted.
  void send(const Datagrams& datagrams);
  void tell_drops(DropList& list) const { drops_.tell(list); }

 private:
  struct Queue {
    std::optional<WritableWatch> room;  // none where the system lacks the family
    Datagrams waiting;
    std::size_t waiting_bytes = 0;
    bool is_watching = false;
  };

  Queue& queue_for(IpFamily family) { return family == IpFamily::v4 ? v4_ : v6_; }
  void send_waiting(Queue& queue);

  const UdpPort& port_;
  SendDrops drops_;
  Queue v4_;
  Queue v6_;
};

}  // namespace lanyard::platform
