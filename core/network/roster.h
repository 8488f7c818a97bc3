// SPDX-License-Identifier: Apache-2.0
// Roster: all that a node knows of one network, brought together by gossip. Whatever the order in
// which the same items arrive, the same members come out, with the same addresses and names.
//
// Owned by one network of the node; used by the control thread alone. Bounded in everything. Calls
// nobody: an item's effects are in the outcome. Signatures are checked once per item.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/base/time.h"
#include "core/network/gossip.h"
#include "core/network/invite_status.h"
#include "core/network/item.h"
#include "core/network/ledger.h"
#include "core/network/member.h"

namespace lanyard::network {

struct AddOutcome {
  AddResult result = AddResult::invalid;
  ItemFault fault = ItemFault::none;  // why invalid
  std::vector<ItemKey> wanted;        // for needs_links: ask the sender for these
  RosterChange change;                // also of items that had waited for this one
};

// Why a membership is in force, or why not.
enum class Standing : std::uint8_t {
  admitted,
  incomplete,  // links of its chain are not known here (yet)
  used_up,     // others came first on this invite
  revoked,     // itself, its invite, or a witness of its chain
  invalid,     // not for this network, or a signature does not hold
};
std::string_view to_text(Standing standing);

class Roster {
 public:
  // A network of which nothing is known but the id: a charter has to come first.
  explicit Roster(const NetworkId& network);

  // The roster's state file. decode() checks everything again; an error means that the file is torn
  // or altered.
  Buffer encode() const;
  static Result<Roster> decode(Bytes state);

  const NetworkId& network() const { return ledger_.network(); }
  // nullptr until one is known.
  const Charter* charter() const { return ledger_.charter(); }

  // An item from a peer, or one that we have made. It may be remembered until its links come.
  AddOutcome add_item(Bytes item, UnixTime now);
  AddOutcome add(Item item, UnixTime now);
  // Lets go of grants long past. At least once an hour.
  RosterChange expire(UnixTime now);

  // In admission order. Pointers and references last until the roster is changed.
  const std::vector<Member>& members() const { return members_; }
  const Member* find(const MemberId& id) const;
  const Member* find_by_noise_key(const crypto::NoisePublicKey& key) const;
  // The membership held for an id, admitted or not; nullptr when there is none.
  const Membership* membership(const MemberId& id) const { return ledger_.membership(id); }
  Standing standing(const Membership& membership) const;
  // What another needs to check this member: the charter, then the founder, down to itself. Empty
  // when the member is not known.
  std::vector<Buffer> chain_items(const MemberId& id) const;

  // In the order of their ids: of grants that are known, with those of members long admitted.
  std::vector<InviteStatus> invites(UnixTime now) const;
  bool has_open_invite(UnixTime now) const;
  const Revocation* revocation(const RevokedKey& key) const { return ledger_.revocation(key); }
  std::size_t claims(const crypto::InvitePublicKey& invite) const {
    return ledger_.claims(invite).size();
  }

  // Equal when two rosters hold the same items.
  Digest digest() const { return ledger_.digest(); }
  HavePage have(const ItemKey& first) const { return ledger_.have(first); }
  Comparison compare(const HavePage& page) const { return ledger_.compare(page); }
  // Encoded; nullptr when it is not held.
  const Buffer* item(const ItemKey& key) const { return ledger_.item(key); }
  std::size_t pending() const { return ledger_.pending(); }

 private:
  AddOutcome conclude(LedgerOutcome outcome);
  void refresh_members(RosterChange& change);
  void refresh_presence(const MemberId& id, RosterChange& change);

  Ledger ledger_;
  std::vector<Member> members_;
  std::vector<std::pair<MemberId, std::size_t>> by_id_;  // sorted; the index into members_
  std::vector<std::pair<crypto::NoisePublicKey, std::size_t>> by_noise_key_;
};

}  // namespace lanyard::network
