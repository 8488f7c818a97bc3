// SPDX-License-Identifier: Apache-2.0
#include "core/tunnel/initiations.h"

#include <algorithm>
#include <cassert>

#include "core/crypto/hash.h"
#include "core/tunnel/cookies.h"
#include "core/tunnel/relayed.h"

namespace lanyard::tunnel {

namespace {

using crypto::noise::Handshake;
using crypto::noise::Role;

// Early calls are close together: of two peers that open their NATs at once, the first one's first
// call finds the other's closed.
constexpr std::array<Duration, 3> kFirstCalls = {milliseconds(0), milliseconds(250),
                                                 milliseconds(500)};
constexpr Duration kCallInterval = seconds(1);
// What punching a hole through two NATs may take; then the owner looks for other addresses.
constexpr Duration kAttemptTime = seconds(10);
// Of a probe: a datagram may be lost, and the other end may be a second behind.
constexpr std::array<Duration, 3> kProbeCalls = {seconds(0), seconds(1), seconds(3)};
constexpr Duration kProbeTime = seconds(5);
constexpr Duration kMessage3Interval = milliseconds(500);
constexpr Duration kMessage3Time = seconds(5);
// Of a Noise message 1 with a psk: the ephemeral key in clear, then the payload with its tag.
constexpr std::size_t kMessage1Overhead = kHandshakeHeaderSize + crypto::kNoiseKeySize + kTagSize;

}  // namespace

AttemptId Initiations::start(Instant now,
                             const Credentials& credentials,
                             std::span<const Endpoint> to,
                             Effort effort) {
  const SessionIndex index = context_.indices.take(context_.rng);
  Attempt attempt{
      .id = AttemptId{next_id_++},
      .credentials_id = credentials.id,
      .hello = context_.hello(credentials, index),
      .noise = begin_noise(credentials, Role::initiator, context_.rng),
      .message_1 = {},
      .candidates = {},
      .started = now,
      .effort = effort,
      .calls = 0,
      .next_at = now,
      .obstacle = FailureReason::timeout,
      .answered = {},
  };
  const auto noise = attempt.noise->write_message(
      encode_payload_1(attempt.hello, kMessage1Size - kMessage1Overhead));
  assert(noise);
  attempt.message_1 = handshake_datagram(DatagramKind::handshake_1, index, *noise);
  write_mac1(attempt.message_1, credentials.mac_key);
  add(attempt, to.first(std::min(to.size(), kMaxCandidates)));
  const AttemptId id = attempt.id;
  attempts_.emplace(index, std::move(attempt));
  return id;
}

void Initiations::add_candidates(Instant now, AttemptId id, std::span<const Endpoint> to) {
  Attempt* attempt = find(id);
  if (attempt == nullptr || attempt->answered) return;
  add(*attempt, to);
  const bool is_any_new = std::any_of(attempt->candidates.begin(), attempt->candidates.end(),
                                      [](const Candidate& c) { return !c.is_called; });
  if (is_any_new) attempt->next_at = earlier(attempt->next_at, now);
}

void Initiations::add(Attempt& attempt, std::span<const Endpoint> to) {
  auto& candidates = attempt.candidates;
  for (const Endpoint& endpoint : to) {
    const bool is_known = std::any_of(candidates.begin(), candidates.end(),
                                      [&](const auto& c) { return c.to == endpoint; });
    if (is_known || !endpoint.is_usable()) continue;
    if (candidates.size() == kMaxCandidates) candidates.erase(candidates.begin());
    candidates.push_back({endpoint, std::nullopt, false});
  }
}

void Initiations::cancel(AttemptId id) {
  const Attempt* attempt = find(id);
  if (attempt == nullptr) return;
  const SessionIndex index = attempt->hello.index;
  if (!attempt->answered) context_.indices.give_back(index);
  attempts_.erase(index);
}

void Initiations::forget_session(SessionIndex local_index) {
  const auto found = attempts_.find(local_index);
  if (found != attempts_.end() && found->second.answered) attempts_.erase(found);
}

void Initiations::drop_orphans() {
  std::erase_if(attempts_, [this](const auto& entry) {
    const Attempt& attempt = entry.second;
    if (context_.find(attempt.credentials_id) != nullptr) return false;
    if (!attempt.answered) context_.indices.give_back(attempt.hello.index);
    return true;
  });
}

bool Initiations::is_own(Bytes noise_message_1) const {
  return std::any_of(attempts_.begin(), attempts_.end(), [&](const auto& entry) {
    return equal(Bytes(entry.second.message_1).subspan(kHandshakeHeaderSize), noise_message_1);
  });
}

void Initiations::handle_message_2(Instant now,
                                   const Endpoint& from,
                                   const HandshakeView& message,
                                   Datagrams& out,
                                   HandshakeEvents& events) {
  const auto found = attempts_.find(message.index);
  if (found == attempts_.end()) return context_.count(HandshakeDrop::unknown_index);
  Attempt& attempt = found->second;
  const Credentials* credentials = context_.find(attempt.credentials_id);
  assert(credentials != nullptr);
  if (!has_mac1(message, credentials->mac_key)) return context_.count(HandshakeDrop::stranger);
  const crypto::Hash256 hash = crypto::blake2b_256({message.noise});
  if (attempt.answered) {
    context_.count(HandshakeDrop::duplicate);
    // Message 3 seems to be lost. Any other message 2 is of a peer that was slower.
    if (hash == attempt.answered->message_2) {
      out.push_back({attempt.answered->path, attempt.answered->message_3});
    }
    return;
  }
  if (!limiter_.allow(now, from)) return context_.count(HandshakeDrop::rate_limited);
  Buffer message_3;
  auto established = accept_message_2(attempt, *credentials, from, message, message_3);
  if (!established) return;
  out.push_back({from, message_3});
  attempt.answered = Answered{hash, from, std::move(message_3), now + kMessage3Time};
  attempt.next_at = now + kMessage3Interval;
  attempt.noise.reset();
  events.emplace_back(*std::move(established));
}

std::optional<Established> Initiations::accept_message_2(Attempt& attempt,
                                                         const Credentials& credentials,
                                                         const Endpoint& from,
                                                         const HandshakeView& message,
                                                         Buffer& message_3) {
  const auto drop = [this](HandshakeDrop reason) {
    context_.count(reason);
    return std::nullopt;
  };
  // On a copy: when this peer will not do, another one may still answer.
  Handshake noise = attempt.noise->clone();
  const auto plaintext = noise.read_message(message.noise);
  if (!plaintext) return drop(HandshakeDrop::undecipherable);
  auto payload = parse_payload_2(*plaintext);
  if (!payload) return drop(HandshakeDrop::malformed);
  const Hello& theirs = payload->hello;
  if (noise.remote_static() == credentials.static_key.public_key()) {
    return drop(HandshakeDrop::loop_back);
  }
  switch (find_obstacle(attempt.hello, theirs)) {
    case Obstacle::none: break;
    case Obstacle::version:
      attempt.obstacle = FailureReason::version;
      return drop(HandshakeDrop::version);
    case Obstacle::cipher:
      attempt.obstacle = FailureReason::cipher;
      return drop(HandshakeDrop::cipher);
  }
  if (!roles_fit(credentials.scope, credentials.side, theirs.side)) {
    return drop(HandshakeDrop::wrong_role);
  }
  if (payload->introduction.membership.empty() != (theirs.side == Side::joiner)) {
    return drop(HandshakeDrop::malformed);
  }
  const auto reply =
      noise.write_message(encode_payload_3({credentials.membership, observed_at(from)}));
  if (!reply) return drop(HandshakeDrop::malformed);  // a key of theirs is of small order
  message_3 = handshake_datagram(DatagramKind::handshake_3, theirs.index, *reply);
  write_mac1(message_3, credentials.mac_key);
  Established out = establish(context_, credentials, noise, Initiator::us, attempt.hello, theirs);
  out.attempt = attempt.id;
  out.from = from;
  out.remote_membership = std::move(payload->introduction.membership);
  out.observed = payload->introduction.observed;
  return out;
}

void Initiations::handle_cookie(const Endpoint& from, const CookieView& datagram, Datagrams& out) {
  const auto found = attempts_.find(datagram.receiver);
  if (found == attempts_.end() || found->second.answered) {
    return context_.count(HandshakeDrop::unknown_index);
  }
  Attempt& attempt = found->second;
  const auto candidate = std::find_if(attempt.candidates.begin(), attempt.candidates.end(),
                                      [&](const Candidate& c) { return c.to == from; });
  if (candidate == attempt.candidates.end()) return context_.count(HandshakeDrop::unknown_index);
  const Credentials* credentials = context_.find(attempt.credentials_id);
  assert(credentials != nullptr);
  const auto message_1 = parse_handshake(attempt.message_1);
  assert(message_1);
  const auto cookie = open_cookie(credentials->cookie_key, datagram, message_1->mac1);
  if (!cookie) return context_.count(HandshakeDrop::undecipherable);
  const bool is_first = !candidate->cookie;
  candidate->cookie = cookie;
  // At once, but once: a peer that keeps answering with cookies is called no faster than others.
  if (is_first) call(attempt, *candidate, out);
}

void Initiations::handle_timeout(Instant now, Datagrams& out, HandshakeEvents& events) {
  for (auto entry = attempts_.begin(); entry != attempts_.end();) {
    Attempt& attempt = entry->second;
    if (attempt.next_at > now) {
      ++entry;
      continue;
    }
    if (attempt.answered) {
      if (now >= attempt.answered->until) {
        entry = attempts_.erase(entry);
        continue;
      }
      repeat_message_3(now, attempt, out);
    } else if (now >= end_of(attempt)) {
      events.emplace_back(Failed{attempt.id, attempt.credentials_id, attempt.obstacle});
      context_.indices.give_back(attempt.hello.index);
      entry = attempts_.erase(entry);
      continue;
    } else {
      call_due(now, attempt, out);
    }
    ++entry;
  }
}

Instant Initiations::next_timeout() const {
  Instant next = Instant::never();
  for (const auto& [index, attempt] : attempts_) next = earlier(next, attempt.next_at);
  return next;
}

Initiations::Attempt* Initiations::find(AttemptId id) {
  for (auto& [index, attempt] : attempts_) {
    if (attempt.id == id) return &attempt;
  }
  return nullptr;
}

// Of the n-th call of all candidates; the end of the attempt when there is none any more.
Instant Initiations::call_time(const Attempt& attempt) {
  const auto n = attempt.calls;
  if (attempt.effort == Effort::probe) {
    return n < kProbeCalls.size() ? attempt.started + kProbeCalls[n] : end_of(attempt);
  }
  const Duration after =
      n < kFirstCalls.size()
          ? kFirstCalls[n]
          : kCallInterval * static_cast<std::int64_t>(n - kFirstCalls.size() + 1);
  return earlier(attempt.started + after, end_of(attempt));
}

Instant Initiations::end_of(const Attempt& attempt) {
  return attempt.started + (attempt.effort == Effort::probe ? kProbeTime : kAttemptTime);
}

// Candidates that came late are called for the first time at once, then with the others.
void Initiations::call_due(Instant now, Attempt& attempt, Datagrams& out) {
  const bool is_call_time = call_time(attempt) <= now;
  for (Candidate& candidate : attempt.candidates) {
    if (is_call_time || !candidate.is_called) call(attempt, candidate, out);
  }
  // Calls that a late timer has missed are left out.
  while (call_time(attempt) <= now && call_time(attempt) < end_of(attempt)) {
    ++attempt.calls;
  }
  attempt.next_at = call_time(attempt);
}

void Initiations::call(const Attempt& attempt, Candidate& candidate, Datagrams& out) {
  candidate.is_called = true;
  Buffer message = attempt.message_1;
  if (candidate.cookie) write_mac2(message, *candidate.cookie);
  out.push_back({candidate.to, std::move(message)});
}

void Initiations::repeat_message_3(Instant now, Attempt& attempt, Datagrams& out) {
  out.push_back({attempt.answered->path, attempt.answered->message_3});
  attempt.next_at = earlier(now + kMessage3Interval, attempt.answered->until);
}

}  // namespace lanyard::tunnel
