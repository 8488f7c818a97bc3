// SPDX-License-Identifier: Apache-2.0
// Packets that the system refused, or for which somebody had no room, beside what a data plane
// drops: counted by whoever meets them, and told by reason. The unit is the packet, with one
// exception: the kernel says how many messages found a socket's queue full ("udp_queue_full"), and
// one message may be dozens of datagrams that it has merged.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "platform/udp_port.h"

namespace lanyard::platform {

// Reasons and packets, only what is not 0.
using DropList = std::vector<std::pair<std::string, std::uint64_t>>;

// What is 0 is left out.
void add_drops(DropList& list, std::string_view reason, std::uint64_t packets);
// Each reason once.
DropList sum_of(std::span<const DropList> lists);

// Of one thread, read by any.
class DropCounter {
 public:
  void add(std::uint64_t packets = 1) {
    if (packets != 0) packets_.fetch_add(packets, std::memory_order_relaxed);
  }
  std::uint64_t read() const { return packets_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> packets_{0};
};

// Datagrams that were not sent.
class SendDrops {
 public:
  void add(const SendCount& count);
  void tell(DropList& list) const;

 private:
  DropCounter congested_;
  DropCounter too_long_;
  DropCounter unreachable_;
  DropCounter forbidden_;
  DropCounter refused_;
};

// A data worker's.
struct WorkerDrops {
  SendDrops sends;
  DropCounter udp_truncated;  // received, but longer than any datagram of ours; never a merged one
  DropCounter device_congested;
  DropCounter device_refused;     // down, or gone
  DropCounter device_malformed;   // a frame with a header that no kernel writes
  DropCounter device_unreadable;  // a frame that the device's driver could not hand out
  DropCounter unknown_datagram;

  void tell(DropList& list) const;
};

}  // namespace lanyard::platform
