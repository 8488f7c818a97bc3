// SPDX-License-Identifier: Apache-2.0
// netcheck: how the world beyond this machine's own network looks from here.
#include "cli/checks_text.h"
#include "cli/netcheck_text.h"
#include "cli/verbs/verbs.h"
#include "core/control/json.h"

namespace lanyard::cli {

ExitCode run(const NetcheckCommand&, Context& context) {
  const auto asked = ask<control::Netcheck>(context, control::GetNetcheck{});
  if (const auto* failure = std::get_if<Failure>(&asked)) return fail(context, *failure);
  const auto& netcheck = std::get<control::Netcheck>(asked);
  if (context.output == Output::json) {
    context.out << control::to_json(control::Reply(netcheck)) << "\n";
  } else {
    context.out << netcheck_text(netcheck, context.colour);
  }
  return exit_for(netcheck.checks);
}

}  // namespace lanyard::cli
