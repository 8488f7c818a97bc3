// SPDX-License-Identifier: Apache-2.0
// invites: lists them, or takes one back.
#include "cli/verbs/verbs.h"
#include "core/control/json.h"

namespace lanyard::cli {
namespace {

ExitCode revoke(Context& context, const std::string& id) {
  const auto asked = ask<control::Done>(context, control::RevokeInvite{context.network, id});
  if (const auto* failure = std::get_if<Failure>(&asked)) return fail(context, *failure);
  if (context.output == Output::json) {
    context.out << control::to_json(control::Reply(control::Done{})) << "\n";
  } else {
    context.err << "invite " << printable(id)
                << " is revoked; who has joined by it stays a member\n";
  }
  return ExitCode::ok;
}

Paint state_paint(std::string_view state) {
  if (state == "open") return Paint::good;
  return state == "revoked" ? Paint::bad : Paint::faint;
}

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + printable(name);
  return text;
}

std::string invites_text(const control::InviteList& list, Colour colour) {
  if (list.invites.empty()) return "no invites: make one with lanyard invite\n";
  Table table({{"ID"}, {"STATE"}, {"USED", Align::right}, {"EXPIRES"}, {"FOR"}, {"CLAIMED BY"}});
  for (const control::InviteStatus& invite : list.invites) {
    std::string destined = printable(invite.member_name);
    if (!invite.address.empty())
      destined += (destined.empty() ? "" : " ") + printable(invite.address);
    table.add_row({{printable(invite.id), Paint::strong},
                   {printable(invite.state), state_paint(invite.state)},
                   {std::to_string(invite.claimed_by.size()) + "/" + std::to_string(invite.uses)},
                   {format_time({invite.expires})},
                   {destined},
                   {joined(invite.claimed_by)}});
  }
  return table.render("", colour);
}

}  // namespace

ExitCode run(const InvitesCommand& command, Context& context) {
  if (command.revoke) return revoke(context, *command.revoke);
  const auto asked = ask<control::InviteList>(context, control::ListInvites{context.network});
  if (const auto* failure = std::get_if<Failure>(&asked)) return fail(context, *failure);
  const auto& list = std::get<control::InviteList>(asked);
  if (context.output == Output::json) {
    context.out << control::to_json(control::Reply(list)) << "\n";
  } else {
    context.out << invites_text(list, context.colour);
  }
  return ExitCode::ok;
}

}  // namespace lanyard::cli
