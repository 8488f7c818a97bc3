// SPDX-License-Identifier: Apache-2.0
// Keeps keys out of swap and core dumps, as far as the system permits.
#pragma once

#include "core/base/log.h"

namespace lanyard::platform {

// Once, at start. What is not permitted is said at level info; the daemon runs all the same.
void protect_memory(LogSink& log_sink);

}  // namespace lanyard::platform
