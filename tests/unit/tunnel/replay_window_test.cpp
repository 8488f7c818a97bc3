// SPDX-License-Identifier: Apache-2.0
#include "core/tunnel/replay_window.h"

#include <set>

#include <doctest/doctest.h>

#include "core/base/rng.h"

using namespace lanyard;
using namespace lanyard::tunnel;
using Verdict = ReplayWindow::Verdict;

namespace {

// The same by definition: all accepted counters of the window, in a set.
class Model {
 public:
  Verdict accept(std::uint64_t counter) {
    if (!seen_.empty() && counter + ReplayWindow::kSize <= *seen_.rbegin()) return Verdict::too_old;
    if (!seen_.insert(counter).second) return Verdict::replayed;
    while (*seen_.begin() + ReplayWindow::kSize <= *seen_.rbegin()) seen_.erase(seen_.begin());
    return Verdict::fresh;
  }

 private:
  std::set<std::uint64_t> seen_;
};

// Steps of all sizes, ahead and back, so that words are cleared singly, in part and all at once.
std::uint64_t draw_counter(Rng& rng, std::uint64_t highest) {
  switch (rng.below(16)) {
    case 0: return highest + rng.below(ReplayWindow::kSize * 3);
    case 1: return highest + rng.below(300);
    case 2:
    case 3: {
      const std::uint64_t back = rng.below(ReplayWindow::kSize + 200);
      return highest > back ? highest - back : 0;
    }
    case 4: return highest > ReplayWindow::kSize ? highest - ReplayWindow::kSize + rng.below(3) : 0;
    case 5:
    case 6: {
      const std::uint64_t back = rng.below(100);
      return highest > back ? highest - back : 0;
    }
    default: return highest + 1 + rng.below(3);
  }
}

}  // namespace

TEST_CASE("ReplayWindow: agrees with a set") {
  std::array<int, 3> verdicts{};
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    SeededRng rng(seed);
    ReplayWindow window;
    Model model;
    for (int i = 0; i < 20'000; ++i) {
      const std::uint64_t counter = draw_counter(rng, window.highest());
      const Verdict expected = model.accept(counter);
      if (window.check(counter) != expected || window.accept(counter) != expected) {
        FAIL("seed ", seed, " step ", i, " counter ", counter);
      }
      ++verdicts[static_cast<std::size_t>(expected)];
    }
  }
  for (const int count : verdicts) CHECK(count > 1000);
}

TEST_CASE("ReplayWindow: its ends") {
  ReplayWindow window;
  CHECK(window.highest() == 0);
  CHECK(window.accept(0) == Verdict::fresh);
  CHECK(window.accept(0) == Verdict::replayed);
  constexpr std::uint64_t size = ReplayWindow::kSize;
  CHECK(window.accept(size) == Verdict::fresh);
  CHECK(window.check(0) == Verdict::too_old);
  CHECK(window.check(1) == Verdict::fresh);
  CHECK(window.check(1) == Verdict::fresh);  // asking leaves no trace
  CHECK(window.highest() == size);
}

TEST_CASE("ReplayWindow: 64 bits out of 32") {
  constexpr std::uint64_t turn = std::uint64_t{1} << 32;
  ReplayWindow window;
  CHECK(window.restore(0) == 0);
  CHECK(window.restore(0xffffffff) == 0xffffffff);  // nothing is below 0
  window.accept(turn - 5);
  CHECK(window.restore(0xfffffffb) == turn - 5);
  CHECK(window.restore(0xfffffff0) == turn - 16);
  CHECK(window.restore(3) == turn + 3);
  window.accept(5 * turn + 10);
  CHECK(window.restore(11) == 5 * turn + 11);
  CHECK(window.restore(0xffffffff) == 5 * turn - 1);
  CHECK(window.restore(0x7fffffff) == 5 * turn + 0x7fffffff);
  CHECK(window.restore(0x8000000b) == 4 * turn + 0x8000000b);
}
