// SPDX-License-Identifier: Apache-2.0
// Ledger: the records of a roster, and which of them are valid: signed by whom they must be, and
// chained to a founder. It holds nothing invalid. It does not decide who is admitted.
//
// Part of a Roster, which is its only user.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "core/base/time.h"
#include "core/network/gossip.h"
#include "core/network/item.h"
#include "core/network/pending_items.h"

namespace lanyard::network {

inline constexpr std::size_t kMaxMembers = 4096;
inline constexpr std::size_t kMaxGrants = 1024;
inline constexpr std::size_t kMaxRevocations = 4096;
inline constexpr std::uint32_t kMaxChain = 64;  // witnesses between a member and a founder

enum class AddResult : std::uint8_t {
  added,
  known,        // held already, or a better one is
  needs_links,  // waits for other items
  invalid,
  overloaded,  // no room for more of its kind
};

enum class ItemFault : std::uint8_t {
  none,
  malformed,
  other_network,
  unsigned_,  // a signature does not hold, or is not by whom it must be
  revoked,
  broken_chain,  // a loop of witnesses, or too many of them
  expired,
};

struct LedgerOutcome {
  AddResult result = AddResult::invalid;
  ItemFault fault = ItemFault::none;
  std::vector<ItemKey> wanted;
  std::vector<ItemKey> accepted;
  // What the owner has to look at again.
  bool charter_changed = false;
  bool members_changed = false;
  bool grants_changed = false;
  std::vector<MemberId> presences;
};

class Ledger {
 public:
  struct HeldMembership {
    Membership membership;
    UnixTime first_seen;
    std::uint32_t depth = 0;  // witnesses between it and a founder
  };

  explicit Ledger(const NetworkId& network) : network_(network) {}

  const NetworkId& network() const { return network_; }
  const Charter* charter() const { return charter_ ? &*charter_ : nullptr; }

  LedgerOutcome add(Item item, UnixTime now);
  // True when a grant was closed or let go.
  bool expire(UnixTime now);

  const std::map<MemberId, HeldMembership>& memberships() const { return memberships_; }
  const Membership* membership(const MemberId& id) const;
  const Presence* presence(const MemberId& id) const;
  const Revocation* revocation(const RevokedKey& key) const;
  bool is_revoked(const RevokedKey& key) const { return revocation(key) != nullptr; }
  const std::map<crypto::InvitePublicKey, Grant>& grants() const { return grants_; }
  const std::map<RevokedKey, Revocation>& revocations() const { return revocations_; }
  // Members, admitted or not, whose membership rests on this invite; sorted.
  const std::vector<MemberId>& claims(const crypto::InvitePublicKey& invite) const;

  Digest digest() const;
  HavePage have(const ItemKey& first) const;
  Comparison compare(const HavePage& page) const;
  const Buffer* item(const ItemKey& key) const;
  std::size_t pending() const { return pending_.size(); }

 private:
  struct Entry {
    ItemVersion version = 0;
    bool counts_upwards = false;  // else another version is neither older nor newer
    Buffer bytes;
  };

  void consider(PendingItem&& candidate, LedgerOutcome& outcome, ItemFault& fault);
  AddResult put(Charter&& charter, LedgerOutcome& outcome);

  NetworkId network_;
  std::optional<Charter> charter_;
  std::map<MemberId, HeldMembership> memberships_;
  std::map<MemberId, Presence> presences_;
  std::map<crypto::InvitePublicKey, Grant> grants_;
  std::map<RevokedKey, Revocation> revocations_;
  std::map<crypto::InvitePublicKey, std::vector<MemberId>> claims_;
  std::map<ItemKey, Entry> index_;
  PendingItems pending_;
};

}  // namespace lanyard::network
