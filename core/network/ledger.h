// SPDX-License-Identifier: Apache-2.0
// Ledger: the records of a roster, and which of them are valid: signed by whom they must be, and
// chained to a founder. It holds nothing invalid. It does not decide who is admitted.
//
// Part of a Roster, which is its only user.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <span>
#include <variant>
#include <vector>

#include "core/base/time.h"
#include "core/network/admission.h"
#include "core/network/gossip.h"
#include "core/network/item.h"
#include "core/network/pending_items.h"

namespace lanyard::network {

inline constexpr std::size_t kMaxMembers = 4096;
inline constexpr std::size_t kMaxGrants = 1024;
inline constexpr std::size_t kMaxRevocations = 4096;
inline constexpr std::uint32_t kMaxChain = 64;  // witnesses between a member and a founder
// Claims beyond its uses that are kept for one invite: for as many as a partition may bring, so
// that all rosters can agree on the first ones; more would let one token fill every roster.
inline constexpr std::size_t kMaxSurplusClaims = 16;

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
  bad_signature,  // one does not hold, or is not by whom it must be
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
  bool invites_changed = false;
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
  // Closes grants that have expired, and forgets them later. True when there was one.
  bool expire(UnixTime now);

  const std::map<MemberId, HeldMembership>& memberships() const { return memberships_; }
  const Membership* membership(const MemberId& id) const;
  const Presence* presence(const MemberId& id) const;
  const Revocation* revocation(const RevokedKey& key) const;
  bool is_revoked(const RevokedKey& key) const { return revocation(key) != nullptr; }
  // Itself, its invite before the witness's time, or its witness.
  bool is_revoked(const Membership& membership) const;
  const std::map<crypto::InvitePublicKey, Grant>& grants() const { return grants_; }
  const std::map<RevokedKey, Revocation>& revocations() const { return revocations_; }
  using Claims = std::map<crypto::InvitePublicKey, std::vector<MemberId>>;
  // Members, admitted or not, whose memberships rest on an invite; sorted.
  const Claims& claims() const { return claims_; }
  std::span<const MemberId> claims(const crypto::InvitePublicKey& invite) const;
  // Those of them that come first, as admission.h orders them.
  std::vector<MemberId> in_force(const crypto::InvitePublicKey& invite) const;

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
  struct Refused {
    ItemKey key;
    ItemVersion version = 0;
    ItemFault fault = ItemFault::none;
  };
  struct WaitsFor {
    ItemKey key;
  };
  // added, known or overloaded; or what is missing; or what is wrong.
  using Verdict = std::variant<AddResult, WaitsFor, ItemFault>;

  // Checks that need nothing but the item itself.
  ItemFault check_alone(const Item& item) const;
  Verdict place(const Candidate& candidate, LedgerOutcome& outcome);
  Verdict place(const Charter& charter, const Candidate& candidate, LedgerOutcome& outcome);
  Verdict place(const Grant& grant, const Candidate& candidate, LedgerOutcome& outcome);
  Verdict place(const Membership& membership, const Candidate& candidate, LedgerOutcome& outcome);
  Verdict place(const Presence& presence, const Candidate& candidate, LedgerOutcome& outcome);
  Verdict place(const Revocation& revocation, const Candidate& candidate, LedgerOutcome& outcome);
  void settle(const ItemKey& accepted, LedgerOutcome& outcome);

  // Nothing when all is well.
  std::optional<Verdict> check_links(const Membership& membership) const;
  std::optional<Verdict> check_admin(const Membership& membership) const;
  std::uint32_t depth_of(const Membership& membership) const;
  bool is_pending_loop(const Membership& membership) const;
  bool is_better(const Candidate& candidate, std::uint32_t depth, const HeldMembership& held) const;
  bool make_room(const Membership& membership, const Candidate& candidate, LedgerOutcome& outcome);
  void hold(HeldMembership held, const Candidate& candidate);
  void let_go(const MemberId& id);
  void forget_claim(const Membership& membership);
  std::vector<ClaimInLine> claims_in_line(const crypto::InvitePublicKey& invite) const;

  // After the charter or a revocation, or when a link of chains has changed.
  void drop_foreign_admins(LedgerOutcome& outcome);
  void drop_broken_chains(LedgerOutcome& outcome);

  void enter(const Candidate& candidate);
  void refuse(const Candidate& candidate, ItemFault fault);
  const Refused* find_refused(const ItemKey& key, ItemVersion version) const;

  NetworkId network_;
  std::optional<Charter> charter_;
  std::map<MemberId, HeldMembership> memberships_;
  std::map<MemberId, Presence> presences_;
  std::map<crypto::InvitePublicKey, Grant> grants_;
  std::map<RevokedKey, Revocation> revocations_;
  Claims claims_;
  std::map<ItemKey, Entry> index_;
  PendingItems pending_;
  std::deque<Refused> refused_;  // so that junk is neither asked for nor checked again and again
};

}  // namespace lanyard::network
