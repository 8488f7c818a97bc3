// SPDX-License-Identifier: Apache-2.0
// What a node needs to shake hands in one network and scope. Made by the node from its network's
// access secret (protocol.md section 2); plain data here.
#pragma once

#include <array>
#include <cstdint>

#include "core/base/bytes.h"
#include "core/crypto/noise_key.h"
#include "core/crypto/secret.h"

namespace lanyard::tunnel {

// Which door: that of members, or that of newcomers with a token.
enum class Scope : std::uint8_t { member = 0, join = 1 };

// What one end of a handshake is; on the wire as `r`.
enum class Side : std::uint8_t { member = 0, joiner = 1 };

// A longer membership would make message 2 longer than message 1.
inline constexpr std::size_t kMaxMembershipSize = 900;

struct Credentials {
  std::uint32_t id = 0;  // chosen by the owner; another one when a key changes
  Scope scope = Scope::member;
  Side side = Side::member;
  std::array<std::uint8_t, 16> network_id{};
  crypto::Secret<32> mac_key;
  crypto::Secret<32> cookie_key;
  crypto::Secret<32> psk;
  crypto::NoiseKey static_key;
  Buffer membership;  // at most kMaxMembershipSize bytes; empty for a joiner
};

}  // namespace lanyard::tunnel
