// SPDX-License-Identifier: Apache-2.0
#include "core/node/introductions.h"

#include <algorithm>
#include <limits>

namespace lanyard::node {

namespace {

constexpr std::size_t kMaxActive = 64;
// A whole bad day's junk, or a quarter of an hour's in a flood of it: no more is ever probed.
constexpr std::size_t kMaxTries = 512;
constexpr std::int64_t kLongestRest = 32;  // in first rests, where somebody who knows named it
constexpr std::uint32_t kJunkFailures = 2;

}  // namespace

std::vector<Introductions::Try>::iterator Introductions::find(tunnel::AttemptId attempt) {
  return std::find_if(tries_.begin(), tries_.end(),
                      [&](const Try& known) { return known.attempt == attempt; });
}

Introductions::Try* Introductions::room_for(const Endpoint& endpoint) {
  const auto known = std::find_if(tries_.begin(), tries_.end(),
                                  [&](const Try& t) { return t.endpoint == endpoint; });
  if (known != tries_.end()) return &*known;
  if (tries_.size() == kMaxTries) {
    const auto idle =
        std::find_if(tries_.begin(), tries_.end(), [](const Try& t) { return !t.attempt; });
    if (idle == tries_.end()) return nullptr;
    tries_.erase(idle);
  }
  tries_.push_back({.endpoint = endpoint, .attempt = std::nullopt});
  return &tries_.back();
}

bool Introductions::is_rested(const Turn& turn,
                              const Try& known,
                              std::int64_t growth,
                              Duration longest) const {
  Duration rest = pace_.rest;
  for (std::uint32_t i = 1; i < known.failures && rest < longest; ++i) rest = rest * growth;
  return turn.now - known.last_ended >= std::min(rest, longest);
}

void Introductions::offer(Turn& turn, const Endpoint& endpoint) {
  if (!turn.surroundings.is_candidate(endpoint) || active_ == kMaxActive) return;
  Try* const known = room_for(endpoint);
  if (known == nullptr || known->attempt ||
      !is_rested(turn, *known, 2, pace_.rest * kLongestRest)) {
    return;
  }
  known->attempt =
      turn.handshakes.start(turn.now, credentials_id_, {&endpoint, 1}, tunnel::Effort::full);
  ++active_;
}

void Introductions::offer_rumours(Turn& turn, std::span<const Endpoint> endpoints) {
  if (endpoints.empty()) return;
  // Not always the same ones of a long list.
  const std::size_t first = turn.rng.below(endpoints.size());
  std::size_t probes = 0;
  for (std::size_t i = 0; i < endpoints.size() && probes < kProbesPerAnswer; ++i) {
    if (probe(turn, endpoints[(first + i) % endpoints.size()])) ++probes;
  }
}

bool Introductions::probe(Turn& turn, const Endpoint& endpoint) {
  if (!turn.surroundings.is_candidate(endpoint) || active_ == kMaxActive) return false;
  if (rumour_probes_.allowed_at(kRumourProbes) > turn.now) return false;
  Try* const known = room_for(endpoint);
  if (known == nullptr || known->attempt ||
      !is_rested(turn, *known, pace_.rumour_growth, kJunkRest)) {
    return false;
  }
  rumour_probes_.spend(turn.now, kRumourProbes);
  known->attempt =
      turn.handshakes.start(turn.now, credentials_id_, {&endpoint, 1}, tunnel::Effort::probe);
  ++active_;
  return true;
}

bool Introductions::answered(Turn& turn, tunnel::AttemptId attempt) {
  const auto known = find(attempt);
  if (known == tries_.end()) return false;
  *known = {.endpoint = known->endpoint, .attempt = std::nullopt, .last_ended = turn.now};
  --active_;
  return true;
}

bool Introductions::failed(Turn& turn, tunnel::AttemptId attempt) {
  const auto known = find(attempt);
  if (known == tries_.end()) return false;
  known->attempt.reset();
  known->last_ended = turn.now;
  if (known->failures < std::numeric_limits<std::uint32_t>::max()) ++known->failures;
  --active_;
  return true;
}

void Introductions::clear_name(const Endpoint& endpoint) {
  std::erase_if(tries_,
                [&](const Try& known) { return known.endpoint == endpoint && !known.attempt; });
}

void Introductions::cancel_all(Turn& turn) {
  for (const Try& known : tries_) {
    if (known.attempt) turn.handshakes.cancel(*known.attempt);
  }
  tries_.clear();
  active_ = 0;
}

bool Introductions::is_active() const { return active_ > 0; }

std::size_t Introductions::junk() const {
  return static_cast<std::size_t>(std::count_if(tries_.begin(), tries_.end(), [](const Try& known) {
    return known.failures >= kJunkFailures;
  }));
}

}  // namespace lanyard::node
