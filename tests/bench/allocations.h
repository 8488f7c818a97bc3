// SPDX-License-Identifier: Apache-2.0
// Counts allocations: every program that links allocations.cpp has its operator new replaced.
#pragma once

#include <cstdint>

namespace lanyard::bench {

// Calls of operator new since the program began, by all threads.
std::uint64_t allocations();

}  // namespace lanyard::bench
