// SPDX-License-Identifier: Apache-2.0
// why: one sentence and one remedy for the way in which a member is reached, and what they rest on.
#include "cli/checks_text.h"
#include "cli/verbs/verbs.h"
#include "cli/why_text.h"
#include "core/control/json.h"

namespace lanyard::cli {

ExitCode run(const WhyCommand& command, Context& context) {
  const auto asked = ask<control::PathReport>(context, control::Why{context.network, command.peer});
  if (const auto* failure = std::get_if<Failure>(&asked)) return fail(context, *failure);
  const auto& report = std::get<control::PathReport>(asked);
  if (context.output == Output::json) {
    context.out << control::to_json(control::Reply(report)) << "\n";
  } else {
    context.out << why_text(report, context.colour);
  }
  const ExitCode exit = exit_for({report.verdict});
  return exit == ExitCode::failure ? ExitCode::unreachable : exit;
}

}  // namespace lanyard::cli
