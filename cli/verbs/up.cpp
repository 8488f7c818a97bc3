// SPDX-License-Identifier: Apache-2.0
// up: makes a network, or brings one up that is down.
#include "cli/verbs/network_line.h"
#include "cli/verbs/verbs.h"
#include "core/control/json.h"

namespace lanyard::cli {

ExitCode run(const UpCommand& command, Context& context) {
  control::Request request = control::NetworkUp{context.network, command.interface, command.mtu};
  if (command.new_name) {
    request = control::CreateNetwork{*command.new_name, command.subnet, command.address,
                                     command.interface, command.mtu,    command.member_name};
  }
  const auto asked = ask<control::NetworkReply>(context, request);
  if (const auto* failure = std::get_if<Failure>(&asked)) return fail(context, *failure);
  const auto& network = std::get<control::NetworkReply>(asked);
  if (context.output == Output::json) {
    context.out << control::to_json(control::Reply(network)) << "\n";
    return ExitCode::ok;
  }
  context.out << network_line(network) << "\n";
  if (command.new_name) context.err << "let another machine in: lanyard invite\n";
  return ExitCode::ok;
}

}  // namespace lanyard::cli
