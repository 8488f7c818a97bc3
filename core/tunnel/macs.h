// SPDX-License-Identifier: Apache-2.0
// The two MACs in front of a handshake message (protocol.md section 4). The first tells strangers
// from those who know the network, before anything costly is done; the second proves, when asked
// for, that the sender receives at its address.
#pragma once

#include "core/crypto/secret.h"
#include "core/tunnel/wire.h"

namespace lanyard::tunnel {

// Given by a responder under load, bound to the address that it was sent to.
using Cookie = Mac;

bool has_mac1(const HandshakeView& message, const crypto::Secret<32>& mac_key);
bool has_mac2(const HandshakeView& message, const Cookie& cookie);

// datagram is a handshake datagram. mac2 covers mac1, which must be in place.
void write_mac1(MutableBytes datagram, const crypto::Secret<32>& mac_key);
void write_mac2(MutableBytes datagram, const Cookie& cookie);

}  // namespace lanyard::tunnel
