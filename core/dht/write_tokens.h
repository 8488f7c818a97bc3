// SPDX-License-Identifier: Apache-2.0
// Write tokens of BEP 5 and BEP 44: whoever wants something stored must first have received, at the
// address that it comes from, the token for just that place. Nothing is kept per token.
//
//   token = first 8 bytes of BLAKE2b keyed with a secret, over address (4 or 16) and place (20)
#pragma once

#include <array>

#include "core/base/bytes.h"
#include "core/base/endpoint.h"
#include "core/base/rng.h"
#include "core/base/time.h"
#include "core/crypto/secret.h"
#include "core/dht/node_id.h"

namespace lanyard::dht {

class WriteTokens {
 public:
  // BEP 5: the secret changes every five minutes, and tokens up to ten minutes old are accepted.
  static constexpr Duration kSecretLifetime = minutes(5);

  using Token = std::array<std::uint8_t, 8>;  // 64 bits cannot be guessed within ten minutes

  explicit WriteTokens(Rng& rng);

  Token issue(Instant now, const IpAddress& asker, const NodeId& place);
  bool accepts(Instant now, const IpAddress& asker, const NodeId& place, Bytes token);

 private:
  using SecretBytes = crypto::Secret<32>;

  void rotate(Instant now);
  static Token make(const SecretBytes& secret, const IpAddress& asker, const NodeId& place);

  Rng& rng_;
  SecretBytes current_;
  SecretBytes previous_;
  Instant rotate_at_ = Instant::long_ago();
};

}  // namespace lanyard::dht
