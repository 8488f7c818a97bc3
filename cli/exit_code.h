// SPDX-License-Identifier: Apache-2.0
// What the program's exit status tells a script. The numbers are a contract: never changed, only
// added to.
#pragma once

#include <string>

#include "core/base/result.h"

namespace lanyard::cli {

enum class ExitCode : int {
  ok = 0,
  failure = 1,
  usage = 2,
  daemon_not_running = 3,
  permission = 4,
  not_found = 5,    // no such network or peer
  unreachable = 6,  // the peer does not answer
  relay_only = 7,   // reachable by relay alone where a direct path was asked for
  degraded = 8,
  timeout = 124,  // as timeout(1) has it
};

// The one table from errors to exit codes.
ExitCode exit_code(Errc code);

// Why a verb failed, as it is told to the user.
struct Failure {
  ExitCode exit = ExitCode::failure;
  std::string code;  // a word for scripts: an Errc's name, or one of the program's own
  Error error;
};

// A failure that the daemon or a library reported.
Failure to_failure(Error error);
// The command line itself is wrong.
Failure usage_failure(std::string message, std::string hint);

}  // namespace lanyard::cli
