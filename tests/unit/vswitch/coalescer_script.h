// SPDX-License-Identifier: Apache-2.0
// Any bytes as a story of frames for a Coalescer: a few flows that go on as they should, and
// between that, whatever may be wrong with a frame. So a fuzzer, or a random generator, gets past
// the checksums to the rules that matter.
#pragma once

#include <string>
#include <vector>

#include "core/base/bytes.h"
#include "tests/unit/vswitch/coalescer_oracle.h"

namespace lanyard::vswitch::test {

// The first byte of a script: which features are on. Then, for each frame:
//  0              1
//  | what it is   | what that takes
// Bits 0 to 2: the flow. Bits 3, 4: the checksum. Bits 5 to 7: the shape. At most kMaxScriptFrames.
inline constexpr std::size_t kMaxScriptFrames = 96;

std::vector<Added> frames_of_script(Bytes script);
CoalescerFeatures features_of_script(Bytes script);

// What is wrong with what a Coalescer makes of the script's frames; empty: nothing.
std::string find_coalescer_fault(Bytes script);

}  // namespace lanyard::vswitch::test
