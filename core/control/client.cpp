// SPDX-License-Identifier: Apache-2.0
#include "core/control/client.h"

#include <algorithm>
#include <utility>

namespace lanyard::control {

std::uint64_t Client::call(const Request& request) {
  const std::uint64_t number = ++last_number_;
  open_.push_back({number, method_of(request)});
  outgoing_ += encode_request(number, request);
  outgoing_ += '\n';
  return number;
}

std::string Client::take_outgoing() { return std::exchange(outgoing_, {}); }

Result<void> Client::receive(std::string_view bytes) {
  if (!lines_.append(bytes)) {
    return make_error(Errc::invalid, "the daemon's answer is longer than this program accepts");
  }
  while (const auto line = lines_.next_line()) {
    Result<void> received = receive_line(*line);
    if (!received) return received;
  }
  return {};
}

Result<void> Client::receive_line(std::string_view line) {
  Result<std::optional<ServerMessage>> parsed = parse_server_message(line, open_);
  if (!parsed) return parsed.error();
  std::optional<ServerMessage>& message = *parsed;
  if (!message) return {};
  if (!std::holds_alternative<Notification>(message->content)) {
    const std::uint64_t answered = message->call;
    std::erase_if(open_, [answered](const OpenCall& call) { return call.number == answered; });
  }
  arrived_.push_back(std::move(*message));
  return {};
}

std::optional<ServerMessage> Client::next() {
  if (arrived_.empty()) return std::nullopt;
  ServerMessage message = std::move(arrived_.front());
  arrived_.pop_front();
  return message;
}

}  // namespace lanyard::control
