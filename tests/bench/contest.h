// SPDX-License-Identifier: Apache-2.0
// Pieces of work measured against each other: by turns, in many short rounds, so that whatever
// else the machine does meets them all alike; the medians of the rounds are what is reported.
//
//   Contest contest;
//   contest.add("split 64 KiB", 46, [&] { ... });  // the call handles 46 packets
//   print("split", contest.run());
#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "tests/bench/stopwatch.h"

namespace lanyard::bench {

struct Score {
  std::string name;
  Cost median;  // per packet
};

class Contest {
 public:
  // One call of work handles that many packets. What work refers to must outlive the contest.
  void add(std::string name, std::size_t packets, std::function<void()> work);
  // In the order of add(). Each entrant's round takes about a quarter of a millisecond.
  std::vector<Score> run(int rounds = 201);

 private:
  struct Entrant {
    std::string name;
    std::size_t packets;
    std::function<void()> work;
    std::size_t calls = 1;  // in a round
    std::vector<Cost> rounds;
  };

  std::vector<Entrant> entrants_;
};

// A line each: nanoseconds, cycles and allocations per packet.
void print(const char* title, std::span<const Score> scores);

// Keeps the optimiser from leaving out what made the value.
template <typename T>
void keep(const T& value) {
  asm volatile("" : : "r,m"(value) : "memory");
}

}  // namespace lanyard::bench
