// SPDX-License-Identifier: Apache-2.0
#include "platform/daemon.h"

#include "cli/verbs/verbs.h"

namespace lanyard::cli {

ExitCode run(const DaemonCommand& command, Context& context) {
  const Result<void> ran = platform::run_daemon(command.options);
  return ran ? ExitCode::ok : fail(context, to_failure(ran.error()));
}

}  // namespace lanyard::cli
