// SPDX-License-Identifier: Apache-2.0
// version, and the printing of texts that need no daemon (help, completion).
#include "cli/verbs/verbs.h"
#include "core/control/json.h"

namespace lanyard::cli {

ExitCode run(const VersionCommand&, Context& context) {
  const control::Version own{LANYARD_VERSION};
  if (context.output == Output::json) {
    context.out << control::to_json(control::Reply(own)) << "\n";
  } else {
    context.out << "lanyard " << own.version << " (protocol " << own.protocol << ")\n";
  }
  // That no daemon runs is no failure of this verb.
  const auto asked = ask<control::Version>(context, control::GetVersion{});
  const auto* daemon = std::get_if<control::Version>(&asked);
  if (daemon && daemon->version != own.version) {
    context.err << "the daemon runs " << printable(daemon->version)
                << ": restart it to have one version\n";
  }
  return ExitCode::ok;
}

ExitCode run(const PrintCommand& command, Context& context) {
  context.out << command.text;
  return ExitCode::ok;
}

}  // namespace lanyard::cli
