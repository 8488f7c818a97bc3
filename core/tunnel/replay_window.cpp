// SPDX-License-Identifier: Apache-2.0
#include "core/tunnel/replay_window.h"

#include <algorithm>

namespace lanyard::tunnel {

ReplayWindow::Verdict ReplayWindow::check(std::uint64_t counter) const {
  if (counter >= end_) return Verdict::fresh;
  if (end_ - counter > kSize) return Verdict::too_old;
  const std::uint64_t bit = counter % kSize;
  const bool seen = (seen_[bit / kWordBits] >> (bit % kWordBits) & 1) != 0;
  return seen ? Verdict::replayed : Verdict::fresh;
}

ReplayWindow::Verdict ReplayWindow::accept(std::uint64_t counter) {
  const Verdict verdict = check(counter);
  if (verdict != Verdict::fresh) return verdict;
  if (counter >= end_) {
    clear(end_, counter);
    end_ = counter + 1;
  }
  const std::uint64_t bit = counter % kSize;
  seen_[bit / kWordBits] |= std::uint64_t{1} << (bit % kWordBits);
  return verdict;
}

std::uint64_t ReplayWindow::restore(std::uint32_t counter_low, std::uint64_t highest) {
  constexpr std::uint64_t turn = std::uint64_t{1} << 32;
  const std::uint64_t counter = (highest & ~(turn - 1)) | counter_low;
  if (counter + turn / 2 < highest) return counter + turn;
  if (counter > highest + turn / 2 && counter >= turn) return counter - turn;
  return counter;
}

void ReplayWindow::clear(std::uint64_t first, std::uint64_t last) {
  if (last - first >= kSize) {
    seen_.fill(0);
    return;
  }
  while (first <= last) {
    const std::uint64_t bit = first % kSize;
    const std::uint64_t low = bit % kWordBits;
    const std::uint64_t count = std::min(kWordBits - low, last - first + 1);
    const std::uint64_t ones =
        count == kWordBits ? ~std::uint64_t{0} : (std::uint64_t{1} << count) - 1;
    seen_[bit / kWordBits] &= ~(ones << low);
    first += count;
  }
}

}  // namespace lanyard::tunnel
