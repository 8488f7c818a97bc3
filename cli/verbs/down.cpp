// SPDX-License-Identifier: Apache-2.0
// down and leave: both end a network here and answer with nothing.
#include "cli/verbs/verbs.h"
#include "core/control/json.h"

namespace lanyard::cli {
namespace {

ExitCode end_network(Context& context, const control::Request& request, std::string_view ended) {
  const auto asked = ask<control::Done>(context, request);
  if (const auto* failure = std::get_if<Failure>(&asked)) return fail(context, *failure);
  if (context.output == Output::json) {
    context.out << control::to_json(control::Reply(control::Done{})) << "\n";
  } else {
    context.err << (context.network.empty() ? "the network" : context.network) << " " << ended
                << "\n";
  }
  return ExitCode::ok;
}

}  // namespace

ExitCode run(const DownCommand&, Context& context) {
  return end_network(context, control::NetworkDown{context.network}, "is down");
}

ExitCode run(const LeaveCommand&, Context& context) {
  return end_network(context, control::LeaveNetwork{context.network}, "is left; its keys are gone");
}

}  // namespace lanyard::cli
