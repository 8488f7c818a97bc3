// SPDX-License-Identifier: Apache-2.0
// The two clocks that the core is told: one that never jumps, and the calendar's.
#pragma once

#include "core/base/time.h"

namespace lanyard::platform {

// Goes on while the machine sleeps: a session that has aged in a sleep is aged.
Instant now();
UnixTime wall_clock();

}  // namespace lanyard::platform
