// SPDX-License-Identifier: Apache-2.0
// Pings that users asked for: when each echo is due, which answer belongs to which, and the
// summary. Knows no sessions: its owner sends. Owned by the node, control thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/control/messages.h"
#include "core/network/identifiers.h"
#include "core/node/outbox.h"
#include "core/node/session_message.h"

namespace lanyard::node {

struct PingJob {
  RequestId request = 0;
  network::NetworkId network;
  network::MemberId member;
  std::string peer_name;
  std::string address;
  std::uint32_t count = 0;
  Duration interval;
  Duration timeout;

  struct Echo {
    std::uint32_t sequence = 0;
    PingNonce nonce{};
    Instant sent;
    control::PingEcho notice;  // what to say once it is answered
  };
  std::vector<Echo> waiting;
  std::uint32_t sent = 0;
  std::uint32_t received = 0;
  Instant next_send;
  Duration fastest;
  Duration slowest;
  Duration total;
  std::string trouble;  // why the last echo could not be sent

  // An echo that is due: its sequence number.
  std::optional<std::uint32_t> due(Instant now) const;
  // One was sent, or could not be: then it counts as lost at once.
  void echo_sent(Instant now, const PingNonce& nonce, control::PingEcho notice);
  void echo_impossible(Instant now, std::string why, Outbox& out);
  // True when the pong was for this job.
  bool pong(Instant now, const PingNonce& nonce, Outbox& out);
  void expire(Instant now, Outbox& out);
  bool is_finished() const { return sent == count && waiting.empty(); }
  Instant next_event() const;
  // To be called once, when finished. An error when nothing came back.
  Result<control::Reply> conclude() const;

 private:
  void next_at(Instant now);
};

}  // namespace lanyard::node
