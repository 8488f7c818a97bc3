// SPDX-License-Identifier: Apache-2.0
// What a node needs to know of an admitted member, put together from the roster's records, and how
// a roster that has changed differs from before.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/base/endpoint.h"
#include "core/base/mac_address.h"
#include "core/base/time.h"
#include "core/crypto/noise_key.h"
#include "core/crypto/signing.h"
#include "core/network/identifiers.h"

namespace lanyard::network {

struct Member {
  MemberId id;
  crypto::IdentityPublicKey identity;
  crypto::NoisePublicKey noise_key;
  std::string name;  // no two members of a roster have the same
  bool is_founder = false;
  UnixTime admitted;
  MacAddress mac;
  IpAddress ipv6;
  std::optional<IpAddress> ipv4;  // nothing when the subnet is full
  std::vector<Endpoint> endpoints;
  std::int64_t presence_sequence = 0;  // 0: no presence known
};

struct RosterChange {
  bool charter = false;   // another version counts now
  bool invites = false;   // a grant, a claim or a revocation may have opened or closed one
  bool presence = false;  // endpoints of a member
  std::vector<MemberId> admitted;
  std::vector<MemberId> removed;      // revoked, or displaced from an invite that was used up
  std::vector<MemberId> readdressed;  // stay admitted, under another IPv4 or IPv6 address
  std::vector<MemberId> renamed;
  // Items that were new, to be sent on to other members; a later one may have ousted an earlier
  // one.
  std::vector<ItemKey> accepted;

  bool is_empty() const;
  // Later changes join this one; what a later one undoes is named in both lists.
  void merge(const RosterChange& later);
};

}  // namespace lanyard::network
