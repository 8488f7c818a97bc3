// SPDX-License-Identifier: Apache-2.0
// What is going to happen in a simulation and when. Events at the same instant happen in the order
// in which they were queued, so that a run depends on its seed alone.
#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>
#include <variant>
#include <vector>

#include "core/base/bytes.h"
#include "core/base/endpoint.h"
#include "core/base/time.h"
#include "core/node/outbox.h"

namespace lanyard::sim {

using HostId = std::uint32_t;  // index into the world's hosts
using SiteId = std::uint32_t;  // index into the internet's sites

// A datagram reaches the far end of the internet: a public host, or the outside of a NAT, which
// decides only now whether it lets it in.
struct Arrival {
  Endpoint from;
  Endpoint to;
  Buffer payload;
};

// A datagram, or a multicast beacon on its own port, reaches a host over the wire of its own site.
struct LocalArrival {
  HostId host = 0;
  Endpoint from;
  std::uint16_t port = 0;
  Buffer payload;
};

// A host's node has asked to be woken at this time.
struct Wakeup {
  HostId host = 0;
};

// The simulated system has opened or changed a TAP device. Void when the host has restarted since.
struct DeviceReady {
  HostId host = 0;
  std::uint32_t boot = 0;
  node::DeviceId device = 0;
};

// The host's calendar is handed to its node again.
struct CalendarTick {
  HostId host = 0;
  std::uint32_t boot = 0;
};

// The port of multicast beacons (protocol, section 7).
constexpr std::uint16_t kBeaconPort = 27659;

using Happening = std::variant<Arrival, LocalArrival, Wakeup, DeviceReady, CalendarTick>;

class EventQueue {
 public:
  struct Event {
    Instant at;
    std::uint64_t order = 0;
    Happening happening;
  };

  void push(Instant at, Happening happening) {
    heap_.push_back({at, next_order_++, std::move(happening)});
    std::push_heap(heap_.begin(), heap_.end(), later);
  }
  bool empty() const { return heap_.empty(); }
  Instant next_at() const { return heap_.empty() ? Instant::never() : heap_.front().at; }
  Event pop() {
    std::pop_heap(heap_.begin(), heap_.end(), later);
    Event event = std::move(heap_.back());
    heap_.pop_back();
    return event;
  }
  std::uint64_t pushed() const { return next_order_; }

 private:
  static bool later(const Event& a, const Event& b) {
    return a.at != b.at ? a.at > b.at : a.order > b.order;
  }

  std::vector<Event> heap_;
  std::uint64_t next_order_ = 0;
};

}  // namespace lanyard::sim
