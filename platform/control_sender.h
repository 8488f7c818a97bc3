// SPDX-License-Identifier: Apache-2.0
// Sends the control thread's datagrams: handshakes, control messages, the DHT's. They share their
// socket with the first worker, whose bulk may have filled it, and then wait for room: what keeps
// sessions alive must not be lost to what they carry.
//
// Owned by the daemon, control thread.
#pragma once

#include <cstddef>
#include <vector>

#include "core/base/datagram.h"
#include "core/base/time.h"
#include "platform/drop_counters.h"
#include "platform/event_loop.h"
#include "platform/udp_port.h"

namespace lanyard::platform {

class ControlSender {
 public:
  // Of each family, behind a full socket. What is more is dropped: peers ask again after a second.
  static constexpr std::size_t kMaxWaitingBytes = std::size_t{256} << 10;

  // Both must outlive it.
  ControlSender(EventLoop& loop, const UdpPort& port);

  // In order, each family for itself; those for which there is no room in time are counted.
  void send(const Datagrams& datagrams);
  // What waits gets a last chance to leave; the calling thread waits, at most so long.
  void finish(Duration patience);
  void tell_drops(DropList& list) const { drops_.tell(list); }

 private:
  struct Queue {
    Datagrams waiting;
    std::size_t waiting_bytes = 0;
    Instant gives_up_at = Instant::never();  // on the first that waits
  };

  void send_waiting(Queue& queue);
  void send_all_waiting();

  const UdpPort& port_;
  SendDrops drops_;
  Queue v4_;
  Queue v6_;
  Timer retry_;
};

}  // namespace lanyard::platform
