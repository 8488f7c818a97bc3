// SPDX-License-Identifier: Apache-2.0
// The LAN beacon (protocol.md section 7): "I am here, at this port", readable only by whoever has
// the same access secret. A beacon is believed no further than that it is worth one handshake.
//
//   0xE7 | box: nonce 24, ciphertext, tag 16      of  { e identity key, p port, r side, s
//   signature, t time }
#pragma once

#include <cstdint>
#include <optional>

#include "core/base/rng.h"
#include "core/base/time.h"
#include "core/crypto/signing.h"
#include "core/network/access.h"
#include "core/tunnel/credentials.h"

namespace lanyard::node {

struct LanBeacon {
  std::uint16_t port = 0;
  tunnel::Side side = tunnel::Side::member;
  std::optional<crypto::IdentityPublicKey> identity;  // of members; the signature is checked
  UnixTime time;
};

// identity is nullptr for a joiner.
Buffer seal_beacon(const network::AccessKeys& keys,
                   std::uint16_t port,
                   const crypto::IdentityKey* identity,
                   UnixTime time,
                   Rng& rng);
// Neither recorded long ago nor by a clock that is far off.
bool is_fresh(const LanBeacon& beacon, UnixTime now);
std::optional<LanBeacon> open_beacon(const network::AccessKeys& keys, Bytes datagram);

// When to send one: five in the first seconds after something changed, then now and then.
class BeaconSchedule {
 public:
  explicit BeaconSchedule(Duration calm) : calm_(calm) {}

  // True when one is due now.
  bool take(Instant now);
  void restart() { sent_ = 0; }

 private:
  Duration calm_;
  Instant next_ = Instant::long_ago();
  std::uint32_t sent_ = 0;
};

}  // namespace lanyard::node
