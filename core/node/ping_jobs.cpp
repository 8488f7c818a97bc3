// SPDX-License-Identifier: Apache-2.0
#include "core/node/ping_jobs.h"

#include <algorithm>
#include <utility>

namespace lanyard::node {

namespace {

double in_seconds(Duration d) { return static_cast<double>(d.nanoseconds) / 1e9; }

}  // namespace

std::optional<std::uint32_t> PingJob::due(Instant now) const {
  if (sent == count || now < next_send) return std::nullopt;
  return sent + 1;
}

void PingJob::next_at(Instant now) {
  ++sent;
  next_send = sent == count ? Instant::never() : now + interval;
}

void PingJob::echo_sent(Instant now, const PingNonce& nonce, control::PingEcho notice) {
  next_at(now);
  notice.sequence = sent;
  notice.peer = peer_name;
  notice.address = address;
  waiting.push_back({sent, nonce, now, std::move(notice)});
}

void PingJob::echo_impossible(Instant now, std::string why, Outbox& out) {
  next_at(now);
  trouble = std::move(why);
  control::PingEcho notice;
  notice.sequence = sent;
  notice.peer = peer_name;
  notice.address = address;
  notice.lost = true;
  out.notices.push_back({request, std::move(notice)});
}

bool PingJob::pong(Instant now, const PingNonce& nonce, Outbox& out) {
  const auto echo =
      std::find_if(waiting.begin(), waiting.end(), [&](const Echo& e) { return e.nonce == nonce; });
  if (echo == waiting.end()) return false;
  const Duration round_trip = now - echo->sent;
  fastest = received == 0 ? round_trip : std::min(fastest, round_trip);
  slowest = std::max(slowest, round_trip);
  total = total + round_trip;
  ++received;
  echo->notice.rtt_seconds = in_seconds(round_trip);
  out.notices.push_back({request, std::move(echo->notice)});
  waiting.erase(echo);
  return true;
}

void PingJob::expire(Instant now, Outbox& out) {
  while (!waiting.empty() && now - waiting.front().sent >= timeout) {
    waiting.front().notice.lost = true;
    out.notices.push_back({request, std::move(waiting.front().notice)});
    waiting.erase(waiting.begin());
  }
}

Instant PingJob::next_event() const {
  const Instant first_timeout = waiting.empty() ? Instant::never() : waiting.front().sent + timeout;
  return earlier(next_send, first_timeout);
}

Result<control::Reply> PingJob::conclude() const {
  if (received == 0) {
    return make_error(Errc::unreachable,
                      peer_name + " did not answer" + (trouble.empty() ? "" : ": " + trouble),
                      "lanyard status shows the state of every path");
  }
  return control::Reply(control::PingSummary{.sent = sent,
                                             .received = received,
                                             .min_seconds = in_seconds(fastest),
                                             .average_seconds = in_seconds(total / received),
                                             .max_seconds = in_seconds(slowest)});
}

}  // namespace lanyard::node
