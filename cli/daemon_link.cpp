// SPDX-License-Identifier: Apache-2.0
#include "cli/daemon_link.h"

#include <chrono>

#include "core/control/client.h"
#include "platform/control_connection.h"

namespace lanyard::cli {
namespace {

Failure cannot_connect(Error error) {
  if (error.code == Errc::unavailable) {
    error.message = "the daemon is not running: " + error.message;
    error.hint =
        "sudo lanyard daemon, or where it is installed as a service: sudo systemctl start lanyard";
    return {ExitCode::daemon_not_running, "daemon_not_running", std::move(error)};
  }
  if (error.code == Errc::permission) {
    error.hint = "use sudo; or once: sudo usermod -aG lanyard $USER, and log in again";
  }
  return to_failure(std::move(error));
}

using Clock = std::chrono::steady_clock;

Duration left_until(Clock::time_point deadline) {
  return nanoseconds(std::chrono::nanoseconds(deadline - Clock::now()).count());
}

}  // namespace

Asked SocketLink::ask(const control::Request& request,
                      Duration patience,
                      const OnNotification& on_notification) {
  const auto deadline = Clock::now() + std::chrono::nanoseconds(patience.nanoseconds);
  Result<platform::ControlConnection> connection = platform::ControlConnection::open(path_);
  if (!connection) return cannot_connect(connection.error());
  control::Client client;
  client.call(request);
  const Result<void> written = connection->write(client.take_outgoing(), left_until(deadline));
  if (!written) return to_failure(written.error());
  while (true) {
    const Result<std::string> bytes = connection->read(left_until(deadline));
    if (!bytes) return to_failure(bytes.error());
    const Result<void> received = client.receive(*bytes);
    if (!received) return to_failure(received.error());
    while (auto message = client.next()) {
      if (const auto* notification = std::get_if<control::Notification>(&message->content)) {
        on_notification(*notification);
      } else if (const auto* error = std::get_if<Error>(&message->content)) {
        return to_failure(*error);
      } else {
        return std::get<control::Reply>(std::move(message->content));
      }
    }
  }
}

}  // namespace lanyard::cli
