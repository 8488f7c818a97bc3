// SPDX-License-Identifier: Apache-2.0
// Packets that the system refused, or for which a worker had no room, beside what its data plane
// drops.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace lanyard::platform {

// Reasons and packets.
using DropList = std::vector<std::pair<std::string, std::uint64_t>>;

// Written by one worker, read by any thread.
struct WorkerCounters {
  using Counter = std::atomic<std::uint64_t>;

  Counter udp_congested{0};    // the socket's buffer, or a queue behind it, was full
  Counter udp_too_long{0};     // for the way there, and not to be fragmented
  Counter udp_unreachable{0};  // no way there: no route, no such family, a link that is down
  Counter udp_forbidden{0};    // by a firewall
  Counter udp_refused{0};      // for another reason
  Counter udp_truncated{0};    // received, but longer than any datagram of ours
  Counter device_congested{0};
  Counter device_refused{0};    // down, or gone
  Counter device_malformed{0};  // a frame with a header that no kernel writes
  Counter unknown_datagram{0};

  static void add(Counter& counter, std::size_t packets = 1) {
    if (packets != 0) counter.fetch_add(packets, std::memory_order_relaxed);
  }
};

}  // namespace lanyard::platform
