// SPDX-License-Identifier: Apache-2.0
// Whether a person reads what a program prints.
#pragma once

#include <cstdint>

namespace lanyard::platform {

enum class StandardStream : std::uint8_t { input, output, error };

bool is_terminal(StandardStream stream);

}  // namespace lanyard::platform
