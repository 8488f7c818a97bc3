// SPDX-License-Identifier: Apache-2.0
// "lab is up on lanyard0: 10.77.3.12/16, fd12::1/64", as up and join end.
#pragma once

#include <string>

#include "core/control/messages.h"

namespace lanyard::cli {

std::string network_line(const control::NetworkReply& network);

}  // namespace lanyard::cli
