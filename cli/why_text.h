// SPDX-License-Identifier: Apache-2.0
// What `why` shows: the verdict and its remedy, then where both ends stand, where the member is
// called, and what became of it. The text may change at any time; scripts take --json.
#pragma once

#include <string>

#include "cli/text.h"
#include "core/control/reports.h"

namespace lanyard::cli {

std::string why_text(const control::PathReport& report, Colour colour);

}  // namespace lanyard::cli
