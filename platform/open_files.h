// SPDX-License-Identifier: Apache-2.0
// How many files, sockets and queues of devices this process may have open.
#pragma once

#include <cstdint>

namespace lanyard::platform {

std::uint64_t open_file_limit();
// To the highest that this user may have. The usual one, 1024, is for programs that wait with
// select(2) and is used up by the queues of some networks.
void raise_open_file_limit();

}  // namespace lanyard::platform
