// SPDX-License-Identifier: Apache-2.0
// status, peers and members: three views of one answer.
#include "cli/status_text.h"
#include "cli/verbs/verbs.h"
#include "core/control/json.h"

namespace lanyard::cli {

ExitCode run(const StatusCommand&, Context& context) {
  const auto asked = ask<control::Status>(context, control::GetStatus{});
  if (const auto* failure = std::get_if<Failure>(&asked)) return fail(context, *failure);
  control::Status status = std::get<control::Status>(asked);
  if (!context.network.empty()) {
    const auto network = choose_network(status, context.network);
    if (const auto* failure = std::get_if<Failure>(&network)) return fail(context, *failure);
    status.networks = {std::get<control::NetworkStatus>(network)};
  }
  if (context.output == Output::json) {
    context.out << control::to_json(status) << "\n";
  } else {
    context.out << status_text(status, context.now, context.colour);
  }
  return ExitCode::ok;
}

ExitCode run(const PeersCommand&, Context& context) {
  auto asked = ask_network(context);
  if (const auto* failure = std::get_if<Failure>(&asked)) return fail(context, *failure);
  auto& network = std::get<control::NetworkStatus>(asked);
  if (context.output == Output::json) {
    std::erase_if(network.members, [](const control::MemberStatus& member) { return member.self; });
    context.out << control::to_json(network) << "\n";
  } else {
    context.out << peers_text(network, context.now, context.colour);
  }
  return ExitCode::ok;
}

ExitCode run(const MembersCommand&, Context& context) {
  const auto asked = ask_network(context);
  if (const auto* failure = std::get_if<Failure>(&asked)) return fail(context, *failure);
  const auto& network = std::get<control::NetworkStatus>(asked);
  if (context.output == Output::json) {
    context.out << control::to_json(network) << "\n";
  } else {
    context.out << members_text(network, context.now, context.colour);
  }
  return ExitCode::ok;
}

}  // namespace lanyard::cli
