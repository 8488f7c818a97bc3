// SPDX-License-Identifier: Apache-2.0
// What `doctor` and `netcheck` found, as people read it. The text may change at any time; scripts
// take --json.
#pragma once

#include <string>
#include <vector>

#include "cli/exit_code.h"
#include "cli/text.h"
#include "core/control/check.h"

namespace lanyard::cli {

// A line for each check, its remedy below it, and how many are not ok.
std::string checks_text(const std::vector<control::Check>& checks, Colour colour);
// The exit status that the worst of them asks for.
ExitCode exit_for(const std::vector<control::Check>& checks);

}  // namespace lanyard::cli
