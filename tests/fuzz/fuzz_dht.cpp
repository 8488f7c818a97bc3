// SPDX-License-Identifier: Apache-2.0
// Any story of a DHT node ends well: every lookup ends in time, what it sends is well-formed and no
// larger than allowed, its alarms lie ahead, and what it remembers stays bounded.
#include "tests/fuzz/dht_story.h"
#include "tests/fuzz/fuzz_target.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* input, std::size_t size) {
  lanyard::fuzz::stop_if(lanyard::fuzz::DhtStory({input, size}).find_fault());
  return 0;
}
