// SPDX-License-Identifier: Apache-2.0
// How well a value is found while hostile nodes try to hide it.
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/dht/settings.h"
#include "tests/sim/dht/conspiracy.h"

namespace lanyard::sim {

// Where the hostile nodes are: anywhere, each in a /24 that is not theirs alone, or all in one /24.
enum class Quarters : std::uint8_t { anywhere, one_subnet };

struct Siege {
  Quarters quarters = Quarters::anywhere;
  Ids ids = Ids::at_will;
  std::size_t attackers = 0;
};

// In a crowd of so many honest nodes. Several values, one after another, each with attackers of its
// own who are there before it is announced; so many lookups for each.
// Per cent of those who found.
double found_percent(std::uint64_t seed,
                     std::size_t honest_nodes,
                     std::size_t lookups,
                     dht::Defences defences,
                     const Siege& siege);

}  // namespace lanyard::sim
