// SPDX-License-Identifier: Apache-2.0
// invite: prints the token alone, so that it can be piped, and what it allows beside it.
#include "cli/verbs/verbs.h"
#include "core/control/json.h"

namespace lanyard::cli {
namespace {

// What the token allows, for the person who is about to send it.
std::string explanation(const InviteCommand& command,
                        const control::InviteReply& invite,
                        UnixTime now) {
  std::string text =
      "admits " + count_of(invite.uses, "machine", "machines") + " to " + printable(invite.network);
  if (command.member_name) text += " as " + printable(*command.member_name);
  if (command.address) text += " with the address " + printable(*command.address);
  text += ", until " + format_time({invite.expires}) + " (" +
          format_span(invite.expires - now.seconds) + " from now)\n";
  text += "there: sudo lanyard join TOKEN\n";
  return text + "take it back: lanyard invites --revoke " + printable(invite.id) + "\n";
}

}  // namespace

ExitCode run(const InviteCommand& command, Context& context) {
  const auto asked = ask<control::InviteReply>(
      context, control::CreateInvite{context.network, command.expires_seconds, command.uses,
                                     command.member_name, command.address});
  if (const auto* failure = std::get_if<Failure>(&asked)) return fail(context, *failure);
  const auto& invite = std::get<control::InviteReply>(asked);
  if (context.output == Output::json) {
    context.out << control::to_json(control::Reply(invite)) << "\n";
    return ExitCode::ok;
  }
  context.out << printable(invite.token) << std::endl;
  context.err << explanation(command, invite, context.now);
  return ExitCode::ok;
}

}  // namespace lanyard::cli
