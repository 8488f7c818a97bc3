// SPDX-License-Identifier: Apache-2.0
// Introductions: handshakes with addresses of which it is not known who is there, as the DHT, a LAN
// beacon or a token names them. Each address is worth one attempt at a time, and another only after
// a pause. Owned by one network or join, control thread.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "core/base/endpoint.h"
#include "core/node/turn.h"

namespace lanyard::node {

class Introductions {
 public:
  // `pause` passes between the end of an attempt and the next with the same address; it doubles
  // with each that nobody answers, up to 32 times.
  Introductions(std::uint32_t credentials_id, Duration pause)
      : credentials_id_(credentials_id), pause_(pause) {}

  void offer(Turn& turn, const Endpoint& endpoint);
  // An attempt has ended; false when it was not one of these.
  bool ended(Turn& turn, tunnel::AttemptId attempt);
  void cancel_all(Turn& turn);
  bool is_active() const;

 private:
  struct Try {
    Endpoint endpoint;
    std::optional<tunnel::AttemptId> attempt;
    Instant rests_until = Instant::long_ago();
    std::uint32_t failures = 0;
  };

  std::uint32_t credentials_id_;
  Duration pause_;
  std::vector<Try> tries_;  // at most kMaxTries, oldest first
};

}  // namespace lanyard::node
