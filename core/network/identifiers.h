// SPDX-License-Identifier: Apache-2.0
// The short names of networks, members, invites and roster items: hashes of the keys that they
// stand for, one type each.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/bytes.h"
#include "core/crypto/hash.h"
#include "core/crypto/signing.h"

namespace lanyard::network {

template <typename Subject, std::size_t N>
struct Identifier {
  static constexpr std::size_t kSize = N;

  std::array<std::uint8_t, N> bytes{};

  static std::optional<Identifier> from_bytes(Bytes from) {
    const auto array = to_array<N>(from);
    if (!array) return std::nullopt;
    return Identifier{*array};
  }
  std::string to_hex() const { return lanyard::to_hex(bytes); }

  friend bool operator==(const Identifier&, const Identifier&) = default;
  friend auto operator<=>(const Identifier&, const Identifier&) = default;
};

using NetworkId = Identifier<struct NetworkSubject, 16>;
using MemberId = Identifier<struct MemberSubject, 16>;
// What users see of an invite, and type to revoke it.
using InviteId = Identifier<struct InviteSubject, 8>;
// Names an item of the roster in gossip.
using ItemKey = Identifier<struct ItemSubject, 8>;
// Tells the admins of one network apart (4 bytes: there are at most 16).
using AdminId = Identifier<struct AdminSubject, 4>;

NetworkId network_id(const crypto::AdminPublicKey& first_admin);
MemberId member_id(const crypto::IdentityPublicKey& key);
InviteId invite_id(const crypto::InvitePublicKey& key);
AdminId admin_id(const crypto::AdminPublicKey& key);

// BLAKE2b-256("lanyard/1 " label 0x00 content): the hash behind every identifier and address.
crypto::Hash256 labelled_hash(std::string_view label, Bytes content);

}  // namespace lanyard::network
