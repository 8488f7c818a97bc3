// SPDX-License-Identifier: Apache-2.0
#include "core/network/identifiers.h"

#include <algorithm>

namespace lanyard::network {

namespace {

template <typename Id>
Id hashed(std::string_view label, Bytes key) {
  const crypto::Hash256 hash = labelled_hash(label, key);
  Id out;
  std::copy_n(hash.begin(), Id::kSize, out.bytes.begin());
  return out;
}

}  // namespace

crypto::Hash256 labelled_hash(std::string_view label, Bytes content) {
  constexpr std::array<std::uint8_t, 1> separator = {0};
  return crypto::blake2b_256(
      {as_bytes(crypto::kProtocolLabel), as_bytes(label), separator, content});
}

NetworkId network_id(const crypto::AdminPublicKey& first_admin) {
  return hashed<NetworkId>("network", first_admin.bytes);
}

MemberId member_id(const crypto::IdentityPublicKey& key) {
  return hashed<MemberId>("member", key.bytes);
}

InviteId invite_id(const crypto::InvitePublicKey& key) {
  return hashed<InviteId>("invite", key.bytes);
}

AdminId admin_id(const crypto::AdminPublicKey& key) { return hashed<AdminId>("admin", key.bytes); }

}  // namespace lanyard::network
