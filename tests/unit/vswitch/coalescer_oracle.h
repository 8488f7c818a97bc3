// SPDX-License-Identifier: Apache-2.0
// Holds Coalescer to its promise: segmented again, what it gives out is what went in. For unit
// tests and the fuzzer alike.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/base/bytes.h"
#include "core/vswitch/offload/coalescer.h"

namespace lanyard::vswitch::test {

struct Added {
  std::uint32_t port = 0;
  Buffer frame;
  ChecksumState checksum = ChecksumState::complete;
};

// What the writes to the devices were, one for each group.
struct Written {
  std::uint32_t port = 0;
  std::size_t frames = 0;
  Buffer offload;
  Buffer frame;
};

// Adds all frames to the coalescer, which is empty, and clears it. The writes are good whatever
// happens to it later.
std::vector<Written> coalesce(Coalescer& coalescer, std::vector<Added> frames);

// What is wrong with the writes for these frames; empty: nothing.
std::string find_coalescer_fault(const std::vector<Added>& frames,
                                 const std::vector<Written>& writes,
                                 CoalescerFeatures features);

}  // namespace lanyard::vswitch::test
