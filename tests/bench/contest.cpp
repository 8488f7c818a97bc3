// SPDX-License-Identifier: Apache-2.0
#include "tests/bench/contest.h"

#include <cmath>
#include <cstdio>

namespace lanyard::bench {
namespace {

constexpr double kRoundNanoseconds = 250'000;

double median_of(const std::vector<Cost>& rounds, double Cost::*what) {
  std::vector<double> values;
  for (const Cost& round : rounds) values.push_back(round.*what);
  return median(std::move(values));
}

}  // namespace

void Contest::add(std::string name, std::size_t packets, std::function<void()> work) {
  entrants_.push_back({std::move(name), packets, std::move(work), 1, {}});
}

std::vector<Score> Contest::run(int rounds) {
  for (Entrant& entrant : entrants_) {
    entrant.work();  // caches and pages
    const Stopwatch stopwatch;
    entrant.work();
    const double once = stopwatch.per_item(1).nanoseconds;
    entrant.calls = static_cast<std::size_t>(std::ceil(kRoundNanoseconds / std::max(once, 1.0)));
    entrant.rounds.reserve(static_cast<std::size_t>(rounds));
  }
  for (int round = 0; round < rounds; ++round) {
    for (Entrant& entrant : entrants_) {
      const Stopwatch stopwatch;
      for (std::size_t i = 0; i < entrant.calls; ++i) entrant.work();
      entrant.rounds.push_back(stopwatch.per_item(entrant.calls * entrant.packets));
    }
  }
  std::vector<Score> scores;
  for (const Entrant& entrant : entrants_) {
    scores.push_back(
        {entrant.name,
         {median_of(entrant.rounds, &Cost::nanoseconds), median_of(entrant.rounds, &Cost::cycles),
          median_of(entrant.rounds, &Cost::allocations)}});
  }
  return scores;
}

void print(const char* title, std::span<const Score> scores) {
  std::printf("\n%-44s %10s %10s %12s\n", title, "ns/packet", "cycles", "allocations");
  for (const Score& score : scores) {
    std::printf("%-44s %10.1f %10.0f %12.2f\n", score.name.c_str(), score.median.nanoseconds,
                score.median.cycles, score.median.allocations);
  }
}

}  // namespace lanyard::bench
