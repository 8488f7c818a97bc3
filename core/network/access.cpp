// SPDX-License-Identifier: Apache-2.0
#include "core/network/access.h"

#include <algorithm>

#include "core/base/endian.h"
#include "core/crypto/hash.h"

namespace lanyard::network {

namespace {

std::array<std::uint8_t, 8> encode(RendezvousHour hour) {
  std::array<std::uint8_t, 8> out{};
  store_be(out.data(), hour.number);
  return out;
}

}  // namespace

JoinSecret join_secret(const NetworkSecret& secret) {
  const crypto::Secret<32> derived = crypto::derive(secret.bytes(), "join", {});
  return *JoinSecret::from_bytes(Bytes(derived.bytes()).first(JoinSecret::kSize));
}

RendezvousHour RendezvousHour::of(UnixTime time) {
  // A clock before 1970 is as good as 1970.
  return {static_cast<std::uint64_t>(std::max<std::int64_t>(time.seconds, 0)) / 3600};
}

bool RendezvousHour::is_ending(UnixTime time) { return time.seconds % 3600 >= 3300; }

AccessKeys::AccessKeys(const NetworkSecret& secret, Scope scope)
    : AccessKeys(scope == Scope::member ? Bytes(secret.bytes())
                                        : Bytes(network::join_secret(secret).bytes()),
                 scope) {}

AccessKeys::AccessKeys(const JoinSecret& secret) : AccessKeys(Bytes(secret.bytes()), Scope::join) {}

AccessKeys::AccessKeys(Bytes access_secret, Scope scope) : scope_(scope) {
  const std::array<std::uint8_t, 1> context = {static_cast<std::uint8_t>(scope)};
  psk_ = crypto::derive(access_secret, "psk", context);
  discovery_ = crypto::derive(access_secret, "discovery", context);
  mac_key_ = crypto::derive(discovery_.bytes(), "mac", {});
  cookie_key_ = crypto::derive(discovery_.bytes(), "cookie", {});
  lan_key_ = crypto::derive(discovery_.bytes(), "lan", {});
}

std::array<std::uint8_t, 20> AccessKeys::rendezvous(RendezvousHour hour) const {
  const crypto::Secret<32> derived = crypto::derive(discovery_.bytes(), "rendezvous", encode(hour));
  return *to_array<20>(Bytes(derived.bytes()).first(20));
}

crypto::Secret<32> AccessKeys::item_key_seed(RendezvousHour hour, const MemberId& member) const {
  Buffer context = to_buffer(encode(hour));
  append(context, member.bytes);
  return crypto::derive(discovery_.bytes(), "item key", context);
}

crypto::Secret<32> AccessKeys::item_seal_key(RendezvousHour hour) const {
  return crypto::derive(discovery_.bytes(), "item seal", encode(hour));
}

}  // namespace lanyard::network
