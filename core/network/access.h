// SPDX-License-Identifier: Apache-2.0
// The secrets that open the door to handshakes, and every key that follows from one of them
// (core/protocol.md section 2).
#pragma once

#include <array>
#include <cstdint>

#include "core/base/bytes.h"
#include "core/base/time.h"
#include "core/crypto/secret.h"
#include "core/network/identifiers.h"

namespace lanyard::network {

// Which door: that of members, or that of newcomers with a token.
enum class Scope : std::uint8_t { member = 0, join = 1 };

using NetworkSecret = crypto::Secret<32>;
using JoinSecret = crypto::Secret<16>;

// Every member can compute it; nobody gets from it to the network secret.
JoinSecret join_secret(const NetworkSecret& secret);

// An hour of the calendar, the epoch of rendezvous in the DHT.
struct RendezvousHour {
  std::uint64_t number = 0;  // unix seconds / 3600

  static RendezvousHour of(UnixTime time);
  // In its last 5 minutes. Clocks differ: for others the next one may have begun.
  static bool is_ending(UnixTime time);
  RendezvousHour next() const { return {number + 1}; }
};

// All keys of one door. A value, wiped when destroyed.
class AccessKeys {
 public:
  AccessKeys(const NetworkSecret& secret, Scope scope);  // either door, for members
  explicit AccessKeys(const JoinSecret& secret);         // for a joiner: Scope::join

  Scope scope() const { return scope_; }
  const crypto::Secret<32>& psk() const { return psk_; }
  const crypto::Secret<32>& mac_key() const { return mac_key_; }
  const crypto::Secret<32>& cookie_key() const { return cookie_key_; }
  const crypto::Secret<32>& lan_key() const { return lan_key_; }
  // The info-hash that this door's parties announce and look up in the DHT.
  std::array<std::uint8_t, 20> rendezvous(RendezvousHour hour) const;
  // What a member's item in the DHT is signed and sealed with in that hour (whereabouts.h).
  crypto::Secret<32> item_key_seed(RendezvousHour hour, const MemberId& member) const;
  crypto::Secret<32> item_seal_key(RendezvousHour hour) const;

 private:
  AccessKeys(Bytes access_secret, Scope scope);

  Scope scope_;
  crypto::Secret<32> psk_;
  crypto::Secret<32> discovery_;
  crypto::Secret<32> mac_key_;
  crypto::Secret<32> cookie_key_;
  crypto::Secret<32> lan_key_;
};

}  // namespace lanyard::network
