// SPDX-License-Identifier: Apache-2.0
#include "core/tunnel/macs.h"

#include <cassert>

#include "core/crypto/hash.h"

namespace lanyard::tunnel {

namespace {

Mac mac1(const HandshakeView& message, const crypto::Secret<32>& mac_key) {
  return crypto::blake2b_128(mac_key.bytes(), {message.first_four, message.noise});
}

Mac mac2(const HandshakeView& message, const Cookie& cookie) {
  return crypto::blake2b_128(cookie, {message.first_four, message.mac1, message.noise});
}

void put(MutableBytes datagram, Bytes place, const Mac& mac) {
  std::memcpy(&datagram[static_cast<std::size_t>(place.data() - datagram.data())], mac.data(),
              mac.size());
}

}  // namespace

bool has_mac1(const HandshakeView& message, const crypto::Secret<32>& mac_key) {
  return crypto::constant_time_equal(message.mac1, mac1(message, mac_key));
}

bool has_mac2(const HandshakeView& message, const Cookie& cookie) {
  return crypto::constant_time_equal(message.mac2, mac2(message, cookie));
}

void write_mac1(MutableBytes datagram, const crypto::Secret<32>& mac_key) {
  const auto view = parse_handshake(datagram);
  assert(view);
  put(datagram, view->mac1, mac1(*view, mac_key));
}

void write_mac2(MutableBytes datagram, const Cookie& cookie) {
  const auto view = parse_handshake(datagram);
  assert(view);
  put(datagram, view->mac2, mac2(*view, cookie));
}

}  // namespace lanyard::tunnel
