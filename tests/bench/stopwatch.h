// SPDX-License-Identifier: Apache-2.0
// Time, cycles and allocations of a piece of work, and medians of many such readings.
// Cycles are those of the time stamp counter, which runs at one rate whatever the core does; they
// are 0 on processors without one.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <vector>

#include "tests/bench/allocations.h"

namespace lanyard::bench {

struct Cost {
  double nanoseconds = 0;
  double cycles = 0;
  double allocations = 0;
};

inline std::uint64_t read_cycles() {
#if defined(__x86_64__)
  return __builtin_ia32_rdtsc();
#else
  return 0;
#endif
}

// Runs from its construction.
class Stopwatch {
 public:
  Stopwatch()
      : allocations_(allocations()),
        time_(std::chrono::steady_clock::now()),
        cycles_(read_cycles()) {}

  // Since the construction, for each of that many items of work.
  Cost per_item(std::size_t items) const {
    const std::uint64_t cycles = read_cycles() - cycles_;
    const std::chrono::duration<double, std::nano> time = std::chrono::steady_clock::now() - time_;
    const auto n = static_cast<double>(items);
    return {time.count() / n, static_cast<double>(cycles) / n,
            static_cast<double>(allocations() - allocations_) / n};
  }

 private:
  std::uint64_t allocations_;
  std::chrono::steady_clock::time_point time_;
  std::uint64_t cycles_;
};

// The upper one of an even number; there is at least one.
inline double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

}  // namespace lanyard::bench
