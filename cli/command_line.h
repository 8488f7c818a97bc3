// SPDX-License-Identifier: Apache-2.0
// From the words of a command line to an Invocation. Everything that can be wrong with the words
// alone is found here; nothing is carried out.
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "cli/commands.h"
#include "cli/exit_code.h"

namespace lanyard::cli {

// words are those after the program's name. The socket's path may also come from the environment
// (LANYARD_SOCKET).
std::variant<Invocation, Failure> parse_command_line(std::vector<std::string> words);

// The text with everything in it that looks like an invite made unusable: invites are secrets, and
// errors are pasted into reports.
std::string redact(std::string_view text);

}  // namespace lanyard::cli
