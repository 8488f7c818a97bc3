// SPDX-License-Identifier: Apache-2.0
// A story of frames, of which many follow each other and many nearly do: whatever Coalescer merges
// comes apart again into the same frames, in the order of their flows.
#include "tests/fuzz/fuzz_target.h"
#include "tests/unit/vswitch/coalescer_script.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* input, std::size_t size) {
  lanyard::fuzz::stop_if(lanyard::vswitch::test::find_coalescer_fault({input, size}));
  return 0;
}
