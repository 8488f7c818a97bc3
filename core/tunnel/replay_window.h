// SPDX-License-Identifier: Apache-2.0
// Which packet counters have been accepted: each is, at most once, and none that is more than the
// window behind the highest. Not locked: its Session does that.
#pragma once

#include <array>
#include <cstdint>

namespace lanyard::tunnel {

class ReplayWindow {
 public:
  // A million packets a second with 20 ms of skew between workers and paths, and half as much
  // again.
  static constexpr std::uint64_t kSize = 32768;

  enum class Verdict : std::uint8_t { fresh, replayed, too_old };

  // What accept() would say, without remembering the counter.
  Verdict check(std::uint64_t counter) const;
  // Remembers the counter when it is fresh. Only for packets that were authentic.
  Verdict accept(std::uint64_t counter);
  // The highest accepted counter, 0 before the first.
  std::uint64_t highest() const { return end_ == 0 ? 0 : end_ - 1; }
  // The 64-bit counter with these low 32 bits that is nearest to the highest accepted one
  // (RFC 4303 appendix A, with the window in the middle).
  std::uint64_t restore(std::uint32_t counter_low) const { return restore(counter_low, highest()); }
  // For who has learnt the highest one before.
  static std::uint64_t restore(std::uint32_t counter_low, std::uint64_t highest);

 private:
  static constexpr std::uint64_t kWordBits = 64;

  // Forgets the counters in [first, last], which become the window's newest.
  void clear(std::uint64_t first, std::uint64_t last);

  std::uint64_t end_ = 0;  // one past the highest accepted counter
  // Counter n is bit n mod kSize.
  std::array<std::uint64_t, kSize / kWordBits> seen_{};
};

}  // namespace lanyard::tunnel
