// SPDX-License-Identifier: Apache-2.0
// The machine's own name.
#pragma once

#include <string>

namespace lanyard::platform {

// As it was set, which may be with or without a domain; empty when there is none.
std::string host_name();

}  // namespace lanyard::platform
