// SPDX-License-Identifier: Apache-2.0
#include "core/tunnel/cookies.h"

#include "core/crypto/aead.h"
#include "core/crypto/hash.h"

namespace lanyard::tunnel {

namespace {

Cookie cookie_of(const crypto::Secret<32>& secret, const Endpoint& from) {
  return crypto::blake2b_128(secret.bytes(), {from.compact()});
}

}  // namespace

Cookie CookieJar::make(Instant now, const Endpoint& from) {
  renew(now);
  return cookie_of(current_, from);
}

bool CookieJar::proves_address(Instant now, const Endpoint& from, const HandshakeView& message) {
  renew(now);
  return has_mac2(message, cookie_of(current_, from)) ||
         has_mac2(message, cookie_of(previous_, from));
}

void CookieJar::renew(Instant now) {
  if (made_at_ + kCookieLifetime > now) return;
  const bool is_previous_fresh = made_at_ + kCookieLifetime * 2 > now;
  // A secret that nobody knows, in place of one that has been out for too long.
  previous_ = is_previous_fresh ? std::move(current_) : crypto::Secret<32>::random(rng_);
  current_ = crypto::Secret<32>::random(rng_);
  made_at_ = now;
}

Buffer seal_cookie(const crypto::Secret<32>& cookie_key,
                   Rng& rng,
                   const Cookie& cookie,
                   const HandshakeView& message_1) {
  return cookie_datagram(message_1.index,
                         crypto::seal_box(cookie_key, rng, message_1.mac1, cookie));
}

std::optional<Cookie> open_cookie(const crypto::Secret<32>& cookie_key,
                                  const CookieView& datagram,
                                  Bytes mac1) {
  const auto opened = crypto::open_box(cookie_key, mac1, datagram.box);
  if (!opened) return std::nullopt;
  return to_array<sizeof(Cookie)>(*opened);
}

}  // namespace lanyard::tunnel
