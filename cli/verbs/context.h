// SPDX-License-Identifier: Apache-2.0
// What every verb works with, and how it ends.
#pragma once

#include <istream>
#include <ostream>
#include <string>
#include <utility>
#include <variant>

#include "cli/commands.h"
#include "cli/daemon_link.h"
#include "cli/exit_code.h"
#include "cli/text.h"
#include "core/base/time.h"

namespace lanyard::cli {

// Data goes to out, everything else to err.
struct Context {
  DaemonLink& daemon;
  std::istream& in;
  std::ostream& out;
  std::ostream& err;
  Output output = Output::text;
  Colour colour = Colour::off;  // of out
  std::string network;          // empty: the only one
  UnixTime now;
};

// Says what failed, why, and what to do next; as JSON to out where JSON was asked for.
ExitCode fail(Context& context, const Failure& failure);

// Shows a Progress to people; other notifications are for the verb that expects them.
void show_progress(Context& context, const control::Notification& notification);

// A daemon that works answers what needs no network within moments; this allows for a busy one.
inline constexpr Duration kPatience = seconds(30);

// Asks for a reply of type T.
template <typename T>
std::variant<T, Failure> ask(Context& context,
                             const control::Request& request,
                             Duration patience = kPatience) {
  const auto show = [&context](const control::Notification& notification) {
    show_progress(context, notification);
  };
  Asked asked = context.daemon.ask(request, patience, show);
  if (auto* failure = std::get_if<Failure>(&asked)) return std::move(*failure);
  if (auto* reply = std::get_if<T>(std::get_if<control::Reply>(&asked))) return std::move(*reply);
  return to_failure(make_error(Errc::failure, "the daemon answered something else than was asked"));
}

// The one network that is meant: by its name, by four or more characters of its id, or the only
// one.
std::variant<control::NetworkStatus, Failure> choose_network(control::Status status,
                                                             const std::string& wanted);
std::variant<control::NetworkStatus, Failure> ask_network(Context& context);

}  // namespace lanyard::cli
