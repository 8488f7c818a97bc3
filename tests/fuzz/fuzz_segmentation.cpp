// SPDX-License-Identifier: Apache-2.0
// An offload header and a frame: Segmentation judges and cuts them as its slow twin does.
#include "tests/fuzz/fuzz_target.h"
#include "tests/unit/vswitch/segmentation_oracle.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* input, std::size_t size) {
  lanyard::fuzz::stop_if(lanyard::vswitch::test::find_segmentation_fault({input, size}));
  return 0;
}
