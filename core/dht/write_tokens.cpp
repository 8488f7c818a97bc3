// SPDX-License-Identifier: Apache-2.0
#include "core/dht/write_tokens.h"

#include <algorithm>
#include <utility>

#include "core/crypto/hash.h"

namespace lanyard::dht {

WriteTokens::WriteTokens(Rng& rng)
    : rng_(rng), current_(SecretBytes::random(rng)), previous_(SecretBytes::random(rng)) {}

WriteTokens::Token WriteTokens::issue(Instant now, const IpAddress& asker, const NodeId& place) {
  rotate(now);
  return make(current_, asker, place);
}

bool WriteTokens::accepts(Instant now, const IpAddress& asker, const NodeId& place, Bytes token) {
  rotate(now);
  return crypto::constant_time_equal(make(current_, asker, place), token) ||
         crypto::constant_time_equal(make(previous_, asker, place), token);
}

// Secrets change on use, not by a timer: after a long silence both are replaced.
void WriteTokens::rotate(Instant now) {
  if (now < rotate_at_) return;
  const bool previous_is_over = rotate_at_ + kSecretLifetime <= now;
  previous_ = previous_is_over ? SecretBytes::random(rng_) : std::move(current_);
  current_ = SecretBytes::random(rng_);
  rotate_at_ = (previous_is_over ? now : rotate_at_) + kSecretLifetime;
}

WriteTokens::Token WriteTokens::make(const SecretBytes& secret,
                                     const IpAddress& asker,
                                     const NodeId& place) {
  const auto mac = crypto::blake2b_128(secret.bytes(), {asker.bytes(), place.bytes});
  Token out{};
  std::copy_n(mac.begin(), out.size(), out.begin());
  return out;
}

}  // namespace lanyard::dht
