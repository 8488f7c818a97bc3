// SPDX-License-Identifier: Apache-2.0
#include "cli/verbs/context.h"

#include "cli/command_line.h"
#include "core/control/json.h"

namespace lanyard::cli {

ExitCode fail(Context& context, const Failure& failure) {
  Error error = failure.error;
  error.message = redact(error.message);
  error.hint = redact(error.hint);
  if (context.output == Output::json) {
    context.out << control::error_to_json(failure.code, error) << "\n";
    return failure.exit;
  }
  context.err << "lanyard: " << printable(error.message) << "\n";
  if (!error.hint.empty()) context.err << "hint: " << printable(error.hint) << "\n";
  return failure.exit;
}

void show_progress(Context& context, const control::Notification& notification) {
  const auto* progress = std::get_if<control::Progress>(&notification);
  if (progress) context.err << printable(redact(progress->text)) << std::endl;
}

std::variant<control::NetworkStatus, Failure> choose_network(control::Status status,
                                                             const std::string& wanted) {
  control::NetworkStatus* found = nullptr;
  for (control::NetworkStatus& network : status.networks) {
    const bool by_id = wanted.size() >= 4 && network.id.starts_with(wanted);
    if (!wanted.empty() && network.name != wanted && !by_id) continue;
    if (found) {
      return to_failure(make_error(
          Errc::invalid, "more than one network is meant: " + found->name + ", " + network.name,
          "say which: --network NAME"));
    }
    found = &network;
  }
  if (found) return std::move(*found);
  if (wanted.empty()) {
    return to_failure(make_error(Errc::not_found, "this machine is on no network",
                                 "make one: lanyard up --new NAME; or: lanyard join TOKEN"));
  }
  return to_failure(make_error(Errc::not_found, "there is no network \"" + wanted + "\" here",
                               "see which there are: lanyard status"));
}

std::variant<control::NetworkStatus, Failure> ask_network(Context& context) {
  auto asked = ask<control::Status>(context, control::GetStatus{});
  if (auto* failure = std::get_if<Failure>(&asked)) return std::move(*failure);
  return choose_network(std::get<control::Status>(std::move(asked)), context.network);
}

}  // namespace lanyard::cli
