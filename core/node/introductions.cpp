// SPDX-License-Identifier: Apache-2.0
#include "core/node/introductions.h"

#include <algorithm>

namespace lanyard::node {

namespace {

// What the DHT names may be junk: this many addresses are tried at once at the most.
constexpr std::size_t kMaxTries = 64;
constexpr std::uint32_t kMaxDoublings = 5;

}  // namespace

void Introductions::offer(Turn& turn, const Endpoint& endpoint) {
  if (!turn.surroundings.is_candidate(endpoint)) return;
  auto known = std::find_if(tries_.begin(), tries_.end(),
                            [&](const Try& t) { return t.endpoint == endpoint; });
  if (known == tries_.end()) {
    if (tries_.size() == kMaxTries) {
      const auto idle =
          std::find_if(tries_.begin(), tries_.end(), [](const Try& t) { return !t.attempt; });
      if (idle == tries_.end()) return;
      tries_.erase(idle);
    }
    tries_.push_back({.endpoint = endpoint, .attempt = std::nullopt});
    known = tries_.end() - 1;
  }
  if (known->attempt || turn.now < known->rests_until) return;
  known->attempt = turn.handshakes.start(turn.now, credentials_id_, {&endpoint, 1});
}

bool Introductions::ended(Turn& turn, tunnel::AttemptId attempt) {
  const auto known = std::find_if(tries_.begin(), tries_.end(),
                                  [&](const Try& t) { return t.attempt == attempt; });
  if (known == tries_.end()) return false;
  known->attempt.reset();
  known->rests_until = turn.now + pause_ * (std::int64_t{1} << known->failures);
  known->failures = std::min(known->failures + 1, kMaxDoublings);
  return true;
}

void Introductions::cancel_all(Turn& turn) {
  for (const Try& t : tries_) {
    if (t.attempt) turn.handshakes.cancel(*t.attempt);
  }
  tries_.clear();
}

bool Introductions::is_active() const {
  return std::any_of(tries_.begin(), tries_.end(),
                     [](const Try& t) { return t.attempt.has_value(); });
}

}  // namespace lanyard::node
