// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include "core/base/rng.h"
#include "core/vswitch/offload/coalescer.h"
#include "tests/unit/vswitch/coalescer_script.h"

namespace lanyard::vswitch::test {

namespace {

// Mostly flows that go on, with odd frames between.
Buffer random_script(Rng& rng) {
  Buffer out{static_cast<std::uint8_t>(rng.below(4) == 0 ? rng.below(8) : 0)};
  const std::uint64_t flows = 1 + rng.below(8);
  for (std::uint64_t frames = 1 + rng.below(120); frames > 0; --frames) {
    std::uint8_t what = static_cast<std::uint8_t>(rng.below(flows));
    what |= static_cast<std::uint8_t>((rng.below(16) == 0 ? rng.below(4) : rng.below(2)) << 3);
    if (rng.below(12) == 0) what |= static_cast<std::uint8_t>(rng.below(8) << 5);
    out.push_back(what);
    const bool is_odd = what >> 5 >= 2;
    for (int i = 0; is_odd && i < 4; ++i) out.push_back(static_cast<std::uint8_t>(rng.below(100)));
  }
  return out;
}

}  // namespace

TEST_CASE("random flows come out as they went in") {
  SeededRng rng(3);
  std::size_t frames = 0;
  std::size_t writes = 0;
  for (int round = 0; round < 50; ++round) {
    const Buffer script = random_script(rng);
    CAPTURE(to_hex(script));
    REQUIRE(find_coalescer_fault(script) == "");
    const auto added = frames_of_script(script);
    Coalescer coalescer(added.size(), {});
    frames += added.size();
    writes += coalesce(coalescer, added).size();
  }
  CHECK(frames > 2 * writes);  // else this would prove little
}

TEST_CASE("bytes without any sense come out as they went in") {
  SeededRng rng(4);
  for (int round = 0; round < 50; ++round) {
    Buffer script(rng.below(300));
    rng.fill(script);
    CAPTURE(to_hex(script));
    REQUIRE(find_coalescer_fault(script) == "");
  }
}

}  // namespace lanyard::vswitch::test
