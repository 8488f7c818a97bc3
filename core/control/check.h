// SPDX-License-Identifier: Apache-2.0
// One thing that `doctor` looked at, and what it found.
#pragma once

#include <cstdint>
#include <string>

namespace lanyard::control {

enum class CheckState : std::uint8_t {
  ok,
  warning,  // works, but slower or less far than it could, and there is a remedy
  failure,  // something does not work
};

struct Check {
  std::string code;                        // what was looked at, for scripts: "udp_receive_buffer"
  CheckState state = CheckState::warning;  // also one that only a newer daemon has a word for
  std::string sentence;                    // what was found, without a final full stop
  std::string remedy;                      // what to do or type about it; empty when it is ok
};

}  // namespace lanyard::control
