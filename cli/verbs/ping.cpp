// SPDX-License-Identifier: Apache-2.0
// ping: one line for each echo with the path that it took, then a summary.
#include <algorithm>

#include "cli/status_text.h"
#include "cli/verbs/verbs.h"
#include "core/control/json.h"

namespace lanyard::cli {
namespace {

std::string echo_line(const control::PingEcho& echo) {
  const std::string sequence = "seq=" + std::to_string(echo.sequence);
  if (echo.lost) return "no reply from " + printable(echo.peer) + " " + sequence;
  return "reply from " + printable(echo.peer) + " (" + printable(echo.address) + ") " + sequence +
         " time=" + format_rtt(echo.rtt_seconds) + " via " +
         printable(path_text(echo.path, echo.via, echo.endpoint));
}

std::string summary_text(const std::string& peer, const control::PingSummary& summary) {
  const std::uint32_t lost = summary.sent - std::min(summary.received, summary.sent);
  const double loss = summary.sent == 0 ? 0 : static_cast<double>(lost) / summary.sent;
  std::string text = printable(peer) + ": " + std::to_string(summary.sent) + " sent, " +
                     std::to_string(summary.received) + " received, " + format_percent(loss) +
                     " lost";
  if (summary.received > 0) {
    text += ", rtt min/avg/max " + format_rtt(summary.min_seconds) + " / " +
            format_rtt(summary.average_seconds) + " / " + format_rtt(summary.max_seconds);
  }
  return text + "\n";
}

// All echoes sent and waited for, and the daemon's own time to find the peer.
Duration patience_for(const PingCommand& command) {
  constexpr Duration kFindingPeer = seconds(15);
  return milliseconds(std::int64_t{command.interval_milliseconds} * command.count +
                      command.timeout_milliseconds) +
         kFindingPeer;
}

}  // namespace

ExitCode run(const PingCommand& command, Context& context) {
  const auto show_echo = [&context](const control::Notification& notification) {
    const auto* echo = std::get_if<control::PingEcho>(&notification);
    if (!echo) return show_progress(context, notification);
    if (context.output == Output::json) {
      context.out << control::to_json(notification) << std::endl;
    } else {
      context.out << echo_line(*echo) << std::endl;
    }
  };
  const Asked asked =
      context.daemon.ask(control::Ping{context.network, command.peer, command.count,
                                       command.interval_milliseconds, command.timeout_milliseconds},
                         patience_for(command), show_echo);
  if (const auto* failure = std::get_if<Failure>(&asked)) return fail(context, *failure);
  const auto* summary = std::get_if<control::PingSummary>(&std::get<control::Reply>(asked));
  if (!summary) return fail(context, to_failure(make_error(Errc::failure, "no summary came")));
  if (context.output == Output::json) {
    context.out << control::to_json(control::Reply(*summary)) << "\n";
  } else {
    context.out << summary_text(command.peer, *summary);
  }
  return summary->received > 0 ? ExitCode::ok : ExitCode::unreachable;
}

}  // namespace lanyard::cli
