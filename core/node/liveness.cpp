// SPDX-License-Identifier: Apache-2.0
#include "core/node/liveness.h"

#include <algorithm>
#include <bit>

namespace lanyard::node {

namespace {

// Linux forgets a UDP mapping that was never answered after 30 s: stay below it.
constexpr Duration kIdlePing = seconds(20);
constexpr Duration kSuspicion = seconds(15);  // something was sent, and nothing came back
// The responder pings first. What the initiator sent right behind message 3 would overtake it on
// the way from the peer's socket to the thread that completes the handshake, and be dropped.
constexpr Duration kFirstPing = milliseconds(200);
constexpr Duration kPingGap = seconds(1);
constexpr std::uint32_t kLastPing = 5;  // as many unanswered ones, and the path is given up
// Frames that nothing comes back for: so soon, so often and so far apart, beside the slow pings.
constexpr Duration kEarlyPing = milliseconds(150);
constexpr Duration kEarlyGap = milliseconds(90);
constexpr std::uint32_t kEarlyPings = 4;
// Another path should answer before TCP repeats itself for the second time, 0.6 s after the last
// packet that arrived: the third time is 0.8 s later.
constexpr Duration kEarlyDoubt = milliseconds(350);
constexpr std::uint32_t kDoubtfulPings = 2;
constexpr std::int64_t kDoubtfulRoundTrips = 4;
constexpr Duration kTraffic = seconds(2);
constexpr Duration kPongPatience = seconds(5);
constexpr std::size_t kMaxPings = 8;
constexpr std::uint32_t kHistory = 32;

}  // namespace

void Liveness::observe(Instant now,
                       std::uint64_t packets_sent,
                       std::uint64_t packets_received,
                       std::uint64_t frames_sent) {
  if (packets_sent != packets_sent_) last_sent_ = now;
  if (frames_sent != frames_sent_) last_frame_ = now;
  frames_sent_ = frames_sent;
  if (packets_received != packets_received_) {
    last_received_ = now;
    unanswered_ = 0;
    early_ = 0;
  }
  packets_sent_ = packets_sent;
  packets_received_ = packets_received;
  give_up_old(now);
}

Liveness::Verdict Liveness::check(Instant now) const {
  const Duration silence = now - last_received_;
  if (packets_received_ == 0 && unanswered_ == 0 && silence >= kFirstPing) return Verdict::ping;
  if (is_unanswered_frame() && silence >= kEarlyPing && early_ < kEarlyPings &&
      now - last_ping_ >= kEarlyGap) {
    return Verdict::ping;
  }
  if (unanswered_ > early_) {
    if (now - last_ping_ < kPingGap) return Verdict::quiet;
    // The first ping of a session also tells its peer that the handshake is complete.
    const bool is_new = packets_received_ == 0 && unanswered_ < kLastPing;
    if (silence < kSuspicion) return is_new ? Verdict::ping : Verdict::quiet;
    return unanswered_ - early_ >= kLastPing ? Verdict::dead : Verdict::ping;
  }
  const bool waiting = last_sent_ > last_received_;
  return silence >= (waiting ? kSuspicion : kIdlePing) ? Verdict::ping : Verdict::quiet;
}

void Liveness::ping_sent(Instant now, const PingNonce& nonce, const Endpoint& to) {
  last_ping_ = now;
  ++unanswered_;
  if (is_unanswered_frame() && now - last_received_ < kSuspicion && early_ < kEarlyPings) ++early_;
  if (pings_.size() == kMaxPings) {
    count(false);
    pings_.erase(pings_.begin());
  }
  pings_.push_back({nonce, now, to});
}

std::optional<Endpoint> Liveness::pong_received(Instant now, const PingNonce& nonce) {
  const auto ping = std::find_if(pings_.begin(), pings_.end(),
                                 [&](const Ping& sent) { return sent.nonce == nonce; });
  if (ping == pings_.end()) return std::nullopt;
  const Duration sample = now - ping->sent;
  round_trip_ = round_trip_ ? *round_trip_ + (sample - *round_trip_) / 8 : sample;
  count(true);
  const Endpoint to = ping->to;
  pings_.erase(ping);
  return to;
}

bool Liveness::is_unanswered_frame() const {
  return packets_received_ > 0 && last_frame_ > last_received_;
}

bool Liveness::is_path_doubtful(Instant now) const {
  const Duration silence = now - last_received_;
  if (unanswered_ < kDoubtfulPings) return false;
  if (silence >= kSuspicion) return true;
  const Duration expected = round_trip_.value_or(Duration{}) * kDoubtfulRoundTrips;
  return is_unanswered_frame() && silence >= std::max(kEarlyDoubt, expected);
}

bool Liveness::has_traffic(Instant now) const { return now - last_frame_ < kTraffic; }

void Liveness::inherit(const Liveness& before) {
  round_trip_ = before.round_trip_;
  history_ = before.history_;
  outcomes_ = before.outcomes_;
}

std::uint32_t Liveness::lost_of_last() const {
  return static_cast<std::uint32_t>(std::popcount(history_));
}

void Liveness::count(bool answered) {
  history_ = history_ << 1 | (answered ? 0U : 1U);
  outcomes_ = std::min(outcomes_ + 1, kHistory);
}

void Liveness::give_up_old(Instant now) {
  while (!pings_.empty() && now - pings_.front().sent >= kPongPatience) {
    count(false);
    pings_.erase(pings_.begin());
  }
}

}  // namespace lanyard::node
