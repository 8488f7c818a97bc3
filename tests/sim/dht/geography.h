// SPDX-License-Identifier: Apache-2.0
// Where the nodes of a simulated DHT are: public IPv4 addresses as they are dealt out, four nodes
// to a /24 and the /24s all over, and how long a datagram takes between two of them. All of it
// follows from the seed.
#pragma once

#include <cstdint>
#include <set>
#include <vector>

#include "core/base/endpoint.h"
#include "core/base/rng.h"
#include "core/base/time.h"

namespace lanyard::sim {

// Of a node, in the order of joining.
using Number = std::uint32_t;

class Geography {
 public:
  explicit Geography(std::uint64_t seed) : rng_(seed) {}

  // An endpoint that nobody has.
  Endpoint deal();
  // The next node lives there.
  void settle(const Endpoint& endpoint);
  // A /24 that no node is in; none will be settled there.
  IpAddress take_subnet();

  const Endpoint& endpoint(Number node) const { return homes_[node].endpoint; }
  // Both access lines and the way between them; what jitter adds is not in it.
  Duration latency(Number from, Number to) const;

 private:
  struct Home {
    Endpoint endpoint;
    std::int32_t x = 0;  // milliseconds from an edge of the world
    std::int32_t y = 0;
    Duration access_line;
  };

  Home found();

  SeededRng rng_;
  std::vector<Home> homes_;
  std::set<IpAddress> taken_;  // subnets
  IpAddress subnet_;           // that nodes are settled in now
  std::vector<std::uint8_t> free_hosts_;
};

}  // namespace lanyard::sim
