// SPDX-License-Identifier: Apache-2.0
// Cookies (protocol.md 4.4): what a responder under load sends instead of doing work for an address
// that may be forged. Nothing is remembered for one: it is a MAC of the address.
#pragma once

#include <optional>

#include "core/base/endpoint.h"
#include "core/base/rng.h"
#include "core/base/time.h"
#include "core/crypto/secret.h"
#include "core/tunnel/macs.h"

namespace lanyard::tunnel {

// Long enough for an attempt to use its cookie, short enough that a collected heap of cookies of
// forged addresses is soon worthless.
inline constexpr Duration kCookieLifetime = seconds(120);

// The responder's side. A cookie is good for one to two lifetimes.
class CookieJar {
 public:
  // rng must outlive the jar.
  explicit CookieJar(Rng& rng) : rng_(rng) {}

  Cookie make(Instant now, const Endpoint& from);
  // Whether the message carries a cookie that was made for this address.
  bool proves_address(Instant now, const Endpoint& from, const HandshakeView& message);

 private:
  void renew(Instant now);

  Rng& rng_;
  Instant made_at_ = Instant::long_ago();
  crypto::Secret<32> current_;
  crypto::Secret<32> previous_;
};

// The datagram that brings a cookie to the sender of message 1. Only who made that message can use
// it, for the box is bound to its mac1.
Buffer seal_cookie(const crypto::Secret<32>& cookie_key,
                   Rng& rng,
                   const Cookie& cookie,
                   const HandshakeView& message_1);
std::optional<Cookie> open_cookie(const crypto::Secret<32>& cookie_key,
                                  const CookieView& datagram,
                                  Bytes mac1);

}  // namespace lanyard::tunnel
