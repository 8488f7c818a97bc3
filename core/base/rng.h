// SPDX-License-Identifier: Apache-2.0
// Randomness, always injected. The daemon's Rng is the operating system's generator (platform);
// tests and simulations use SeededRng, whose numbers are the same on every compiler.
#pragma once

#include <array>
#include <cstdint>

#include "core/base/bytes.h"
#include "core/base/time.h"

namespace lanyard {

class Rng {
 public:
  Rng() = default;
  Rng(const Rng&) = delete;
  Rng& operator=(const Rng&) = delete;
  virtual ~Rng() = default;

  virtual void fill(MutableBytes out) = 0;

  std::uint64_t next_u64();
  // Uniform in [0, bound); bound must not be 0.
  std::uint64_t below(std::uint64_t bound);
  // Uniform in [d - d/fraction, d + d/fraction]: for timers that must not march in step.
  Duration jittered(Duration d, std::int64_t fraction);

  template <std::size_t N>
  std::array<std::uint8_t, N> array() {
    std::array<std::uint8_t, N> out;
    fill(out);
    return out;
  }
};

// xoshiro256**, seeded by splitmix64 (Blackman and Vigna). Predictable: never for real keys.
class SeededRng final : public Rng {
 public:
  explicit SeededRng(std::uint64_t seed);
  void fill(MutableBytes out) override;

 private:
  std::uint64_t step();

  std::array<std::uint64_t, 4> state_;
};

}  // namespace lanyard
