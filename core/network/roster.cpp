// SPDX-License-Identifier: Apache-2.0
#include "core/network/roster.h"

#include <algorithm>
#include <set>
#include <tuple>

#include "core/network/name.h"

namespace lanyard::network {

namespace {

RosterChange to_change(const LedgerOutcome& outcome) {
  RosterChange change;
  change.charter = outcome.charter_changed;
  change.invites = outcome.invites_changed;
  change.accepted = outcome.accepted;
  return change;
}

std::string wished_name(const Membership& membership, const Presence* presence) {
  if (membership.has_fixed_name() || presence == nullptr) return membership.name();
  return presence->terms().name;
}

// Adds what differs between a member of before and of now.
void compare_members(const Member& before, const Member& now, RosterChange& change) {
  if (before.ipv4 != now.ipv4 || before.ipv6 != now.ipv6) change.readdressed.push_back(now.id);
  if (before.name != now.name) change.renamed.push_back(now.id);
  if (before.endpoints != now.endpoints) change.presence = true;
}

}  // namespace

std::string_view to_text(Standing standing) {
  switch (standing) {
    case Standing::admitted: return "is in force";
    case Standing::incomplete: return "rests on members that are not known here yet";
    case Standing::used_up: return "was displaced: others came first on the same invite";
    case Standing::revoked: return "was revoked";
    case Standing::invalid: return "is not for this network, or forged";
  }
  return {};
}

AddOutcome Roster::add_item(Bytes encoded, UnixTime now) {
  auto item = parse_item(encoded);
  if (!item) {
    AddOutcome out;
    out.fault = ItemFault::malformed;
    return out;
  }
  return add(*std::move(item), now);
}

AddOutcome Roster::add(Item item, UnixTime now) {
  LedgerOutcome outcome = ledger_.add(std::move(item), now);
  AddOutcome out;
  out.result = outcome.result;
  out.fault = outcome.fault;
  out.wanted = std::move(outcome.wanted);
  out.change = to_change(outcome);
  if (outcome.members_changed) {
    refresh_members(out.change);
  } else if (!outcome.presences.empty()) {
    refresh_presences(outcome.presences, out.change);
  }
  return out;
}

RosterChange Roster::expire(UnixTime now) {
  RosterChange change;
  change.invites = ledger_.expire(now);
  return change;
}

const Member* Roster::find(const MemberId& id) const {
  const auto it = by_id_.find(id);
  return it == by_id_.end() ? nullptr : &members_[it->second];
}

const Member* Roster::find_by_noise_key(const crypto::NoisePublicKey& key) const {
  const auto it = by_noise_key_.find(key);
  return it == by_noise_key_.end() ? nullptr : &members_[it->second];
}

Standing Roster::standing(const Membership& membership) const {
  if (membership.network() != network()) return Standing::invalid;
  if (find(membership.member()) != nullptr) return Standing::admitted;
  if (ledger_.is_revoked(membership)) return Standing::revoked;
  if (ledger_.membership(membership.member()) != nullptr) return Standing::used_up;
  if (!membership.holds_together()) return Standing::invalid;
  return Standing::incomplete;
}

std::vector<Buffer> Roster::chain_items(const MemberId& id) const {
  std::vector<Buffer> out;
  for (const Membership* link = membership(id); link != nullptr;) {
    out.push_back(encode_item(*link));
    const Invitation* const invitation = link->invitation();
    link = invitation == nullptr ? nullptr : membership(invitation->witness.member());
  }
  if (out.empty()) return out;
  out.push_back(encode_item(*charter()));
  std::reverse(out.begin(), out.end());
  return out;
}

InviteState Roster::invite_state(const Grant& grant, UnixTime now) const {
  const GrantTerms& terms = grant.terms();
  if (ledger_.is_revoked(terms.invite.bytes)) return InviteState::revoked;
  if (ledger_.claims(terms.invite).size() >= terms.uses) return InviteState::used_up;
  return grant.has_ended(now) ? InviteState::expired : InviteState::open;
}

std::vector<InviteStatus> Roster::invites(UnixTime now) const {
  std::map<crypto::InvitePublicKey, const Grant*> grants;
  for (const auto& [invite, members] : ledger_.claims()) {
    grants[invite] = &membership(members.front())->invitation()->grant;
  }
  for (const auto& [invite, grant] : ledger_.grants()) grants[invite] = &grant;
  std::vector<InviteStatus> out;
  for (const auto& [invite, grant] : grants) {
    InviteStatus status = {.id = grant->id(),
                           .terms = grant->terms(),
                           .state = invite_state(*grant, now),
                           .claimed_by = {}};
    for (const MemberId& member : ledger_.claims(invite)) {
      if (find(member) != nullptr) status.claimed_by.push_back(member);
    }
    std::sort(status.claimed_by.begin(), status.claimed_by.end(),
              [this](const MemberId& a, const MemberId& b) { return by_id_.at(a) < by_id_.at(b); });
    out.push_back(std::move(status));
  }
  return out;
}

bool Roster::has_open_invite(UnixTime now) const {
  return std::any_of(ledger_.grants().begin(), ledger_.grants().end(), [this, now](const auto& it) {
    return invite_state(it.second, now) == InviteState::open;
  });
}

// Whoever is in force and not revoked, in admission order, as yet without addresses and names.
std::vector<Member> Roster::admitted_members() const {
  std::set<MemberId> in_force;
  for (const auto& entry : ledger_.claims()) {
    for (const MemberId& id : ledger_.in_force(entry.first)) in_force.insert(id);
  }
  std::vector<Member> out;
  for (const auto& [id, held] : ledger_.memberships()) {
    const Membership& membership = held.membership;
    if (ledger_.is_revoked(membership.identity().bytes)) continue;
    if (!membership.is_founder() && in_force.count(id) == 0) continue;
    Member member;
    member.id = id;
    member.identity = membership.identity();
    member.noise_key = membership.noise_key();
    member.is_founder = membership.is_founder();
    member.admitted = membership.admitted();
    out.push_back(std::move(member));
  }
  std::sort(out.begin(), out.end(), [](const Member& a, const Member& b) {
    return std::tuple(!a.is_founder, a.admitted, a.id) <
           std::tuple(!b.is_founder, b.admitted, b.id);
  });
  return out;
}

void Roster::refresh_members(RosterChange& change) {
  std::vector<Member> now = admitted_members();
  std::vector<AddressWish> wishes;
  std::vector<std::string> names;
  for (const Member& member : now) {
    const Membership& membership = *this->membership(member.id);
    wishes.push_back({member.id, membership.fixed_address()});
    names.push_back(wished_name(membership, ledger_.presence(member.id)));
  }
  // Without a charter the ledger holds no membership.
  const auto ipv4 = now.empty() ? std::vector<std::optional<IpAddress>>()
                                : assign_ipv4(charter()->terms().subnet, wishes);
  const std::vector<std::string> distinct = distinct_names(names);
  by_noise_key_.clear();
  std::map<MemberId, std::size_t> by_id;
  for (std::size_t i = 0; i < now.size(); ++i) {
    Member& member = now[i];
    const Member* const before = find(member.id);
    member.name = distinct[i];
    member.mac = before != nullptr ? before->mac : mac_of(member.id);
    member.ipv6 = ipv6_of(charter()->terms().ula_prefix, member.id);
    member.ipv4 = ipv4[i];
    if (const Presence* const presence = ledger_.presence(member.id)) {
      member.endpoints = presence->terms().endpoints;
      member.presence_sequence = presence->terms().sequence;
    }
    by_id.emplace(member.id, i);
    by_noise_key_.emplace(member.noise_key, i);  // of two with one key the first admitted has it
    if (before != nullptr) {
      compare_members(*before, member, change);
    } else {
      change.admitted.push_back(member.id);
    }
  }
  for (const Member& before : members_) {
    if (by_id.count(before.id) == 0) change.removed.push_back(before.id);
  }
  members_ = std::move(now);
  wished_names_ = std::move(names);
  by_id_ = std::move(by_id);
}

// The usual case of a member that has moved, without a look at all the others.
void Roster::refresh_presences(const std::vector<MemberId>& of, RosterChange& change) {
  for (const MemberId& id : of) {
    const auto it = by_id_.find(id);
    if (it == by_id_.end()) continue;
    Member& member = members_[it->second];
    const PresenceTerms& terms = ledger_.presence(id)->terms();
    const std::string name = wished_name(*membership(id), ledger_.presence(id));
    if (name != wished_names_[it->second]) return refresh_members(change);
    change.presence |= member.endpoints != terms.endpoints;
    member.endpoints = terms.endpoints;
    member.presence_sequence = terms.sequence;
  }
}

}  // namespace lanyard::network
