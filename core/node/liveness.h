// SPDX-License-Identifier: Apache-2.0
// Liveness of one session: when something last came in, when to ask whether the peer is still there
// and when to give it up, and the round-trip time and loss that pings measured (protocol.md 6.4).
// Sends nothing itself. Owned by the session's Link, control thread.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "core/base/endpoint.h"
#include "core/base/time.h"
#include "core/node/session_message.h"

namespace lanyard::node {

class Liveness {
 public:
  enum class Verdict : std::uint8_t { quiet, ping, dead };

  explicit Liveness(Instant established) : last_received_(established), last_sent_(established) {}

  // The session's packet counters as they are now; called once a second or more often. Of what was
  // sent, frames are answered as a rule: where nothing comes back, pings follow at once.
  void observe(Instant now,
               std::uint64_t packets_sent,
               std::uint64_t packets_received,
               std::uint64_t frames_sent = 0);
  Verdict check(Instant now) const;
  // Sure enough that another path should be tried, long before this one is given up.
  bool is_path_doubtful(Instant now) const;
  // Frames are on their way: to be looked at often.
  bool has_traffic(Instant now) const;

  void ping_sent(Instant now, const PingNonce& nonce, const Endpoint& to);
  // The address that the ping went to, if one with this nonce was sent lately.
  std::optional<Endpoint> pong_received(Instant now, const PingNonce& nonce);

  // What was measured in the session before this one with the same peer.
  void inherit(const Liveness& before);

  bool has_received() const { return packets_received_ > 0; }
  Instant last_received() const { return last_received_; }
  bool is_probing() const { return unanswered_ > 0; }
  // Smoothed over the last pings (RFC 6298 section 2: an eighth of each new sample).
  std::optional<Duration> round_trip() const { return round_trip_; }
  // Of the last 32 pings that were answered or given up.
  std::uint32_t lost_of_last() const;
  std::uint32_t counted_pings() const { return outcomes_; }

 private:
  struct Ping {
    PingNonce nonce{};
    Instant sent;
    Endpoint to;
  };

  bool is_unanswered_frame() const;
  void count(bool answered);
  void give_up_old(Instant now);

  Instant last_received_;
  Instant last_sent_;
  Instant last_frame_ = Instant::long_ago();
  Instant last_ping_ = Instant::long_ago();
  std::uint64_t packets_sent_ = 0;
  std::uint64_t packets_received_ = 0;
  std::uint64_t frames_sent_ = 0;
  std::uint32_t unanswered_ = 0;  // pings sent since something last came in
  std::uint32_t early_ = 0;       // of these, in the first seconds
  std::vector<Ping> pings_;       // at most kMaxPings, oldest first
  std::optional<Duration> round_trip_;
  std::uint32_t history_ = 0;  // a bit a ping, 1: lost; newest in bit 0
  std::uint32_t outcomes_ = 0;
};

}  // namespace lanyard::node
