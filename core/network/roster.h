// SPDX-License-Identifier: Apache-2.0
// Roster: all that a node knows of one network, brought together by gossip. Whatever the order in
// which the same items arrive, the same members come out, with the same addresses and names.
//
// Owned by one network of the node; used by the control thread alone. Bounded in everything. Calls
// nobody: an item's effects are in the outcome. Signatures are checked once per item.
#pragma once

#include <cstdint>
#include <map>
#include <string>
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

// Whether a membership makes a member, and if not, why not.
enum class Standing : std::uint8_t {
  admitted,
  incomplete,  // links of its chain are not known here (yet)
  used_up,     // others came first on this invite
  revoked,     // itself, its invite, or its witness
  invalid,     // not for this network, or a signature does not hold
};
// A sentence's end: "this membership ...".
std::string_view to_text(Standing standing);

class Roster {
 public:
  // A network of which nothing is known but the id: a charter has to come first.
  explicit Roster(const NetworkId& network) : ledger_(network) {}

  // The roster's state file. decode() checks everything again; an error means that the file is torn
  // or altered.
  Buffer encode() const;
  static Result<Roster> decode(Bytes state);

  const NetworkId& network() const { return ledger_.network(); }
  // nullptr until one is known.
  const Charter* charter() const { return ledger_.charter(); }

  // An item from a peer, or one that we have made. It is remembered until its links come.
  AddOutcome add_item(Bytes encoded, UnixTime now);
  AddOutcome add(Item item, UnixTime now);
  // Closes grants that are past their time. At least once a minute: until then digests differ.
  RosterChange expire(UnixTime now);

  // In admission order. Pointers and references last until the roster is changed.
  const std::vector<Member>& members() const { return members_; }
  const Member* find(const MemberId& id) const;
  const Member* find_by_noise_key(const crypto::NoisePublicKey& key) const;
  // The membership held for an id, admitted or not; nullptr when there is none.
  const Membership* membership(const MemberId& id) const { return ledger_.membership(id); }
  // Of a membership after it was given to add(); the bytes need not be those that are held.
  Standing standing(const Membership& membership) const;
  // nullptr when none is known.
  const Presence* presence(const MemberId& id) const { return ledger_.presence(id); }
  // What another needs to check this member: the charter, then the founder, down to itself. Empty
  // when the member is not known.
  std::vector<Buffer> chain_items(const MemberId& id) const;

  // Of the grants that are known, and of those that memberships rest on; in the order of their
  // keys. Only an expired or revoked one is ever forgotten.
  std::vector<InviteStatus> invites(UnixTime now) const;
  bool has_open_invite(UnixTime now) const;
  // nullptr unless this invite's or identity's key is revoked.
  const Revocation* revocation(const RevokedKey& key) const { return ledger_.revocation(key); }
  // How many claims of the invite are known, in force or not.
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
  void refresh_members(RosterChange& change);
  void refresh_presences(const std::vector<MemberId>& of, RosterChange& change);
  std::vector<Member> admitted_members() const;
  InviteState invite_state(const Grant& grant, UnixTime now) const;

  Ledger ledger_;
  std::vector<Member> members_;
  std::vector<std::string> wished_names_;  // of members_, before equal ones are told apart
  std::map<MemberId, std::size_t> by_id_;  // indices into members_
  std::map<crypto::NoisePublicKey, std::size_t> by_noise_key_;
};

}  // namespace lanyard::network
