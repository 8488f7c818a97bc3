// SPDX-License-Identifier: Apache-2.0
// Lookups by many nodes of a crowd, and what they came to on the average.
#pragma once

#include <cstddef>
#include <vector>

#include "tests/sim/dht/crowd.h"

namespace lanyard::sim {

struct Census {
  std::size_t lookups = 0;
  std::size_t ended = 0;       // told that they are done
  std::size_t places = 0;      // among the eight truly closest nodes, of all lookups
  std::size_t places_hit = 0;  // whose nodes answered
  double hops = 0;             // to the farthest of the eight
  double messages = 0;
  double seconds_to_closest = 0;  // until the last of the eight answered
  double seconds_to_end = 0;

  double hit_percent() const;
};

// Random nodes look up random hashes, some a second.
Census take_census(Crowd& crowd, std::size_t lookups);

struct Announced {
  dht::InfoHash info_hash;
  Endpoint by;
};

// A random node announces itself under the hash.
Announced announce(Crowd& crowd, const dht::InfoHash& info_hash);
// Random nodes announce themselves under random hashes.
std::vector<Announced> announce(Crowd& crowd, std::size_t values);
// How many of them a random node finds.
std::size_t find(Crowd& crowd, const std::vector<Announced>& values);

}  // namespace lanyard::sim
