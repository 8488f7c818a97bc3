// SPDX-License-Identifier: Apache-2.0
#include "core/base/rng.h"

#include <bit>
#include <cassert>

#include "core/base/endian.h"

namespace lanyard {

std::uint64_t Rng::next_u64() {
  std::array<std::uint8_t, 8> bytes;
  fill(bytes);
  return load_be<std::uint64_t>(bytes.data());
}

std::uint64_t Rng::below(std::uint64_t bound) {
  assert(bound != 0);
  // Values past the last whole multiple of bound would favour small results: draw again.
  const std::uint64_t limit = bound * (UINT64_MAX / bound);
  std::uint64_t value = next_u64();
  while (value >= limit) value = next_u64();
  return value % bound;
}

Duration Rng::jittered(Duration d, std::int64_t fraction) {
  const std::int64_t spread = d.nanoseconds / fraction;
  if (spread <= 0) return d;
  const auto offset = static_cast<std::int64_t>(below(2 * static_cast<std::uint64_t>(spread) + 1));
  return {d.nanoseconds - spread + offset};
}

SeededRng::SeededRng(std::uint64_t seed) : state_() {
  for (std::uint64_t& word : state_) {
    seed += 0x9e3779b97f4a7c15;
    std::uint64_t z = seed;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    word = z ^ z >> 31;
  }
}

std::uint64_t SeededRng::step() {
  const std::uint64_t result = std::rotl(state_[1] * 5, 7) * 9;
  const std::uint64_t t = state_[1] << 17;
  state_[2] ^= state_[0];
  state_[3] ^= state_[1];
  state_[1] ^= state_[2];
  state_[0] ^= state_[3];
  state_[2] ^= t;
  state_[3] = std::rotl(state_[3], 45);
  return result;
}

void SeededRng::fill(MutableBytes out) {
  while (!out.empty()) {
    std::array<std::uint8_t, 8> word;
    store_be(word.data(), step());
    const std::size_t n = out.size() < word.size() ? out.size() : word.size();
    std::memcpy(out.data(), word.data(), n);
    out = out.subspan(n);
  }
}

}  // namespace lanyard
