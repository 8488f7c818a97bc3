// SPDX-License-Identifier: Apache-2.0
// A fingerprint of everything that happened in a simulation, in order: FNV-1a, 64 bits. Two runs
// with the same seed must have the same fingerprint, whichever compiler built them.
#pragma once

#include <array>
#include <cstdint>

#include "core/base/bytes.h"
#include "core/base/endian.h"

namespace lanyard::sim {

class Trace {
 public:
  void add(Bytes bytes) {
    for (const std::uint8_t byte : bytes) hash_ = (hash_ ^ byte) * kPrime;
  }
  void add(std::uint64_t number) {
    std::array<std::uint8_t, 8> bytes{};
    store_be(bytes.data(), number);
    add(Bytes(bytes));
  }
  std::uint64_t hash() const { return hash_; }

 private:
  // Offset basis and prime of the 64-bit variant (draft-eastlake-fnv, section 5).
  static constexpr std::uint64_t kPrime = 0x100000001b3;
  std::uint64_t hash_ = 0xcbf29ce484222325;
};

}  // namespace lanyard::sim
