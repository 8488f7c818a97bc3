// SPDX-License-Identifier: Apache-2.0
// What is going to happen among the nodes of a simulated DHT, and when: datagrams arrive, nodes
// wake. What happens at the same instant happens in the order in which it was planned.
#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "core/base/bytes.h"
#include "core/base/time.h"
#include "tests/sim/dht/geography.h"

namespace lanyard::sim {

struct Flight {
  Number from = 0;
  Number to = 0;
  Buffer payload;
};

class Timeline {
 public:
  enum class Kind : std::uint8_t { arrival, wakeup };
  struct Event {
    Instant at;
    std::uint64_t order = 0;
    Kind kind = Kind::arrival;
    std::uint32_t what = 0;  // of an arrival the flight, of a wakeup the node
  };

  void plan_arrival(Instant at, Flight flight) {
    if (free_.empty()) {
      free_.push_back(static_cast<std::uint32_t>(flights_.size()));
      flights_.emplace_back();
    }
    const std::uint32_t place = free_.back();
    free_.pop_back();
    flights_[place] = std::move(flight);
    push(at, Kind::arrival, place);
  }
  void plan_wakeup(Instant at, Number node) { push(at, Kind::wakeup, node); }

  Instant next_at() const { return heap_.empty() ? Instant::never() : heap_.front().at; }
  Event pop() {
    std::pop_heap(heap_.begin(), heap_.end(), is_later);
    const Event event = heap_.back();
    heap_.pop_back();
    return event;
  }
  // Once for each arrival.
  Flight land(const Event& arrival) {
    free_.push_back(arrival.what);
    return std::move(flights_[arrival.what]);
  }

 private:
  static bool is_later(const Event& a, const Event& b) {
    return a.at != b.at ? a.at > b.at : a.order > b.order;
  }
  void push(Instant at, Kind kind, std::uint32_t what) {
    heap_.push_back({at, next_order_++, kind, what});
    std::push_heap(heap_.begin(), heap_.end(), is_later);
  }

  std::vector<Event> heap_;
  std::vector<Flight> flights_;
  std::vector<std::uint32_t> free_;  // places in flights_
  std::uint64_t next_order_ = 0;
};

}  // namespace lanyard::sim
