// SPDX-License-Identifier: Apache-2.0
// A client of the daemon without a socket: requests become bytes to send, bytes that arrive become
// replies and notifications. The command line and the graphical client are both built on it.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/control/json.h"
#include "core/control/line_buffer.h"

namespace lanyard::control {

// One connection to a daemon; used by one thread.
class Client {
 public:
  // Queues a request and returns the number that its answers will carry.
  std::uint64_t call(const Request& request);

  // Bytes to write to the connection; they are the caller's from then on.
  std::string take_outgoing();

  // Bytes that were read, borrowed for the call. An error means that the other side does not speak
  // this protocol; the connection is of no further use.
  Result<void> receive(std::string_view bytes);

  // What arrived, in order. A Reply or an Error ends its call; notifications come before.
  std::optional<ServerMessage> next();

 private:
  Result<void> receive_line(std::string_view line);

  LineBuffer lines_{kMaxReplyBytes};
  std::uint64_t last_number_ = 0;
  std::vector<OpenCall> open_;
  std::string outgoing_;
  std::deque<ServerMessage> arrived_;
};

}  // namespace lanyard::control
