// SPDX-License-Identifier: Apache-2.0
// join: takes the token from where it is, shows how it goes, and says what address came of it.
#include "cli/token_input.h"
#include "cli/verbs/network_line.h"
#include "cli/verbs/verbs.h"
#include "core/control/json.h"

namespace lanyard::cli {

ExitCode run(const JoinCommand& command, Context& context) {
  const Result<std::string> token = gather_token(command.words, context.in);
  if (!token) return fail(context, to_failure(token.error()));
  const auto asked = ask<control::NetworkReply>(
      context, control::JoinNetwork{*token, command.member_name, command.interface},
      seconds(command.patience_seconds));
  if (const auto* failure = std::get_if<Failure>(&asked)) return fail(context, *failure);
  const auto& network = std::get<control::NetworkReply>(asked);
  if (context.output == Output::json) {
    context.out << control::to_json(control::Reply(network)) << "\n";
  } else {
    context.out << network_line(network) << "\n";
  }
  return ExitCode::ok;
}

}  // namespace lanyard::cli
