// SPDX-License-Identifier: Apache-2.0
// What a fuzz target is: a function that takes any bytes, and ends the program where something is
// wrong. libFuzzer calls it in the preset fuzz; in every other build replay.cpp does, with the
// seeds.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

// libFuzzer's name for it. Returns 0.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* input, std::size_t size);

namespace lanyard::fuzz {

inline void stop_if(const std::string& fault) {
  if (fault.empty()) return;
  std::fprintf(stderr, "%s\n", fault.c_str());
  std::abort();
}

}  // namespace lanyard::fuzz
