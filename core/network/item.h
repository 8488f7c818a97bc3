// SPDX-License-Identifier: Apache-2.0
// Items: the records that members gossip, each in a dict whose one key tells its kind.
//
//   d 1:c <charter> e    d 1:g <grant> e    d 1:m <membership> e    d 1:p <presence> e
//   d 1:r <revocation> e
#pragma once

#include <cstdint>
#include <optional>
#include <variant>

#include "core/network/charter.h"
#include "core/network/grant.h"
#include "core/network/membership.h"
#include "core/network/presence.h"
#include "core/network/revocation.h"

namespace lanyard::network {

using Item = std::variant<Charter, Grant, Membership, Presence, Revocation>;

// So that one fits a control message of 1,150 bytes with its envelope.
inline constexpr std::size_t kMaxItemSize = 1130;

std::optional<Item> parse_item(Bytes encoded);
Buffer encode_item(const Item& item);

ItemKey charter_key(const NetworkId& network);
ItemKey grant_key(const crypto::InvitePublicKey& invite);
ItemKey membership_key(const MemberId& member);
ItemKey presence_key(const MemberId& member);
ItemKey revocation_key(const RevokedKey& revoked);
ItemKey item_key(const Item& item);

// Charters and presences count upwards. The version of the other kinds is a hash of their bytes
// (63 bits) and tells no more than whether two are the same.
using ItemVersion = std::uint64_t;
ItemVersion item_version(const Item& item);

}  // namespace lanyard::network
