// SPDX-License-Identifier: Apache-2.0
// What `netcheck` shows: the port, the DHT of each address family, and what follows from it.
#pragma once

#include <string>

#include "cli/text.h"
#include "core/control/messages.h"

namespace lanyard::cli {

std::string netcheck_text(const control::Netcheck& netcheck, Colour colour);

}  // namespace lanyard::cli
