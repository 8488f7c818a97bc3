// SPDX-License-Identifier: Apache-2.0
// Which memberships the ledger holds: the rules of "valid" in protocol.md section 3.
#include <algorithm>
#include <set>
#include <tuple>

#include "core/network/admission.h"
#include "core/network/ledger.h"

namespace lanyard::network {

namespace {

// Of a membership that is not a founder's.
MemberId witness_of(const Membership& membership) {
  return membership.invitation()->witness.member();
}

bool is_on_same_invite(const Membership& a, const Membership& b) {
  return !a.is_founder() && !b.is_founder() &&
         a.invitation()->claim.terms().invite == b.invitation()->claim.terms().invite;
}

}  // namespace

Ledger::Verdict Ledger::place(const Membership& membership,
                              const Candidate& candidate,
                              LedgerOutcome& outcome) {
  if (!charter_) return WaitsFor{charter_key(network_)};
  if (const auto obstacle = check_admin(membership)) return *obstacle;
  if (const auto obstacle = check_links(membership)) return *obstacle;
  const std::uint32_t depth = depth_of(membership);

  const auto held = memberships_.find(membership.member());
  const bool replaces = held != memberships_.end();
  if (replaces && !is_better(candidate, depth, held->second)) return AddResult::known;
  if (!replaces && !make_room(membership, candidate, outcome)) return AddResult::overloaded;
  // Another witness of a place on the same invite does not make it a later one.
  const bool same_place = replaces && is_on_same_invite(membership, held->second.membership);
  const UnixTime first_seen = same_place ? held->second.first_seen : candidate.first_seen;
  hold({membership, first_seen, depth}, candidate);
  outcome.members_changed = true;
  outcome.invites_changed = true;
  if (replaces) drop_broken_chains(outcome);
  return AddResult::added;
}

std::optional<Ledger::Verdict> Ledger::check_admin(const Membership& membership) const {
  if (const Invitation* const invitation = membership.invitation()) {
    const Grant& grant = invitation->grant;
    if (charter_->find_admin(grant.terms().admin) == nullptr) {
      return WaitsFor{charter_key(network_)};  // perhaps a newer one lists it
    }
    // The very grant has been checked before: with an open invite or another claim.
    const auto open = grants_.find(grant.terms().invite);
    if (open != grants_.end() && open->second == grant) return std::nullopt;
    for (const MemberId& other : claims(grant.terms().invite)) {
      if (memberships_.at(other).membership.invitation()->grant == grant) return std::nullopt;
    }
  }
  if (!membership.signed_by(*charter_)) return ItemFault::bad_signature;
  return std::nullopt;
}

std::optional<Ledger::Verdict> Ledger::check_links(const Membership& membership) const {
  const Invitation* const invitation = membership.invitation();
  if (invitation == nullptr) return std::nullopt;
  const Revocation* const closed = revocation(invitation->grant.terms().invite.bytes);
  if (closed != nullptr && closed->time() < invitation->witness.time()) return ItemFault::revoked;
  if (is_revoked(invitation->witness.identity().bytes)) return ItemFault::revoked;
  const auto witness = memberships_.find(witness_of(membership));
  if (witness == memberships_.end()) {
    if (is_pending_loop(membership)) return ItemFault::broken_chain;
    return WaitsFor{membership_key(witness_of(membership))};
  }
  if (depth_of(membership) > kMaxChain) return ItemFault::broken_chain;
  return std::nullopt;
}

// The witness, if there is one, must be held.
std::uint32_t Ledger::depth_of(const Membership& membership) const {
  return membership.is_founder() ? 0 : memberships_.at(witness_of(membership)).depth + 1;
}

// Whether the witnesses that are waited for lead back here, or too far.
bool Ledger::is_pending_loop(const Membership& membership) const {
  const Membership* link = &membership;
  for (std::uint32_t depth = 0; depth <= kMaxChain; ++depth) {
    if (link->is_founder()) return false;
    const MemberId witness = witness_of(*link);
    if (witness == membership.member()) return true;
    link = pending_.membership(witness);
    if (link == nullptr) return false;
  }
  return true;
}

// A shorter chain first: so the choice can never close a loop, and nobody is moved further from the
// founders by what others sign.
bool Ledger::is_better(const Candidate& candidate,
                       std::uint32_t depth,
                       const HeldMembership& held) const {
  const UnixTime admitted = std::get<Membership>(candidate.item).admitted();
  const UnixTime held_admitted = held.membership.admitted();
  const ItemVersion held_version = index_.at(candidate.key).version;
  return std::tie(depth, admitted, candidate.version) <
         std::tie(held.depth, held_admitted, held_version);
}

// For a member that is not held yet. The claims at the end of an overfull line give way.
bool Ledger::make_room(const Membership& membership,
                       const Candidate& candidate,
                       LedgerOutcome& outcome) {
  if (memberships_.size() >= kMaxMembers) return false;
  const Invitation* const invitation = membership.invitation();
  if (invitation == nullptr) return true;
  const GrantTerms& terms = invitation->grant.terms();
  const std::span<const MemberId> others = claims(terms.invite);
  if (others.size() < terms.uses + kMaxSurplusClaims) return true;
  std::vector<ClaimInLine> all = claims_in_line(terms.invite);
  all.push_back({membership.member(), membership.admitted(), candidate.first_seen, terms.uses});
  const MemberId last = line_up(std::move(all)).back().member;
  if (last == membership.member()) return false;
  let_go(last);
  drop_broken_chains(outcome);
  // The witness may have been the one that went.
  return memberships_.find(witness_of(membership)) != memberships_.end();
}

void Ledger::hold(HeldMembership held, const Candidate& candidate) {
  const MemberId id = held.membership.member();
  const auto before = memberships_.find(id);
  if (before != memberships_.end()) forget_claim(before->second.membership);
  if (const Invitation* const invitation = held.membership.invitation()) {
    std::vector<MemberId>& claims = claims_[invitation->grant.terms().invite];
    claims.insert(std::lower_bound(claims.begin(), claims.end(), id), id);
  }
  memberships_.insert_or_assign(id, std::move(held));
  enter(candidate);
}

void Ledger::let_go(const MemberId& id) {
  const auto held = memberships_.find(id);
  forget_claim(held->second.membership);
  memberships_.erase(held);
  presences_.erase(id);
  index_.erase(membership_key(id));
  index_.erase(presence_key(id));
}

void Ledger::forget_claim(const Membership& membership) {
  const Invitation* const invitation = membership.invitation();
  if (invitation == nullptr) return;
  const auto it = claims_.find(invitation->grant.terms().invite);
  std::erase(it->second, membership.member());
  if (it->second.empty()) claims_.erase(it);
}

// A charter without the admin takes back all that the admin has signed.
void Ledger::drop_foreign_admins(LedgerOutcome& outcome) {
  std::erase_if(grants_, [this](const auto& entry) {
    const Grant& grant = entry.second;
    if (charter_->find_admin(grant.terms().admin) != nullptr) return false;
    index_.erase(grant_key(grant.terms().invite));
    return true;
  });
  std::erase_if(revocations_, [this](const auto& entry) {
    const Revocation& revocation = entry.second;
    if (charter_->find_admin(revocation.admin()) != nullptr) return false;
    index_.erase(revocation_key(revocation.key()));
    return true;
  });
  std::vector<MemberId> foreign;
  for (const auto& [id, held] : memberships_) {
    const Invitation* const invitation = held.membership.invitation();
    const bool stays = invitation == nullptr
                           ? held.membership.signed_by(*charter_)
                           : charter_->find_admin(invitation->grant.terms().admin) != nullptr;
    if (!stays) foreign.push_back(id);
  }
  for (const MemberId& id : foreign) let_go(id);
  drop_broken_chains(outcome);
}

// Finds every chain anew, from the founders on, and drops what none leads to.
void Ledger::drop_broken_chains(LedgerOutcome& outcome) {
  refused_.clear();
  std::set<MemberId> sound;
  for (bool found = true; found;) {
    found = false;
    for (auto& [id, held] : memberships_) {
      if (sound.count(id) != 0) continue;
      if (const Invitation* const invitation = held.membership.invitation()) {
        if (sound.count(invitation->witness.member()) == 0) continue;
        if (check_links(held.membership)) continue;
        held.depth = depth_of(held.membership);
      }
      sound.insert(id);
      found = true;
    }
  }
  std::vector<MemberId> broken;
  for (const auto& entry : memberships_) {
    if (sound.count(entry.first) == 0) broken.push_back(entry.first);
  }
  for (const MemberId& id : broken) let_go(id);
  if (!broken.empty()) outcome.members_changed = true;
}

const Membership* Ledger::membership(const MemberId& id) const {
  const auto it = memberships_.find(id);
  return it == memberships_.end() ? nullptr : &it->second.membership;
}

bool Ledger::is_revoked(const Membership& membership) const {
  if (is_revoked(membership.identity().bytes)) return true;
  const Invitation* const invitation = membership.invitation();
  if (invitation == nullptr) return false;
  const Revocation* const closed = revocation(invitation->grant.terms().invite.bytes);
  return (closed != nullptr && closed->time() < invitation->witness.time()) ||
         is_revoked(invitation->witness.identity().bytes);
}

std::span<const MemberId> Ledger::claims(const crypto::InvitePublicKey& invite) const {
  const auto it = claims_.find(invite);
  if (it == claims_.end()) return {};
  return it->second;
}

std::vector<ClaimInLine> Ledger::claims_in_line(const crypto::InvitePublicKey& invite) const {
  std::vector<ClaimInLine> out;
  for (const MemberId& id : claims(invite)) {
    const HeldMembership& held = memberships_.at(id);
    out.push_back({id, held.membership.admitted(), held.first_seen,
                   held.membership.invitation()->grant.terms().uses});
  }
  return out;
}

std::vector<MemberId> Ledger::in_force(const crypto::InvitePublicKey& invite) const {
  std::vector<ClaimInLine> line = claims_in_line(invite);
  const bool all_fit = std::all_of(line.begin(), line.end(), [&line](const ClaimInLine& claim) {
    return line.size() <= claim.uses;
  });
  if (!all_fit) line = line_up(std::move(line));
  std::vector<MemberId> out;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (i < line[i].uses) out.push_back(line[i].member);
  }
  return out;
}

}  // namespace lanyard::network
