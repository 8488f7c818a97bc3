// SPDX-License-Identifier: Apache-2.0
// How an item gets into the ledger; what is particular to memberships is in ledger_membership.cpp.
#include "core/network/ledger.h"

#include <algorithm>

namespace lanyard::network {

namespace {

constexpr std::size_t kMaxRefused = 256;  // a few hundred bytes of junk per second are remembered
// How long an expired grant can still be listed for the admin.
constexpr std::int64_t kForgetGrantsAfterSeconds = 7 * 24 * 3600;

bool counts_upwards(const Item& item) {
  return std::holds_alternative<Charter>(item) || std::holds_alternative<Presence>(item);
}

}  // namespace

LedgerOutcome Ledger::add(Item item, UnixTime now) {
  Candidate candidate = {.item = std::move(item), .key = {}, .version = 0, .first_seen = now};
  candidate.key = item_key(candidate.item);
  candidate.version = item_version(candidate.item);

  LedgerOutcome outcome;
  const auto entry = index_.find(candidate.key);
  if (entry != index_.end() &&
      (entry->second.version == candidate.version ||
       (entry->second.counts_upwards && entry->second.version > candidate.version))) {
    outcome.result = AddResult::known;
    return outcome;
  }
  if (const ItemKey* const waits_for = pending_.find(candidate.key, candidate.version)) {
    outcome.result = AddResult::needs_links;
    outcome.wanted = {*waits_for};
    return outcome;
  }
  if (const Refused* const refused = find_refused(candidate.key, candidate.version)) {
    outcome.fault = refused->fault;
    return outcome;
  }
  outcome.fault = check_alone(candidate.item);
  if (outcome.fault != ItemFault::none) {
    refuse(candidate, outcome.fault);
    return outcome;
  }

  const Verdict verdict = place(candidate, outcome);
  if (const auto* const result = std::get_if<AddResult>(&verdict)) {
    outcome.result = *result;
    if (*result == AddResult::added) settle(candidate.key, outcome);
  } else if (const auto* const waits = std::get_if<WaitsFor>(&verdict)) {
    outcome.result = AddResult::needs_links;
    outcome.wanted = {waits->key};
    pending_.add(std::move(candidate), waits->key);
  } else {
    outcome.fault = std::get<ItemFault>(verdict);
    refuse(candidate, outcome.fault);
  }
  return outcome;
}

// Also places whatever has waited for this item, and for those items in turn.
void Ledger::settle(const ItemKey& accepted, LedgerOutcome& outcome) {
  outcome.accepted.push_back(accepted);
  for (std::size_t i = outcome.accepted.size() - 1; i < outcome.accepted.size(); ++i) {
    for (Candidate& waiting : pending_.take_waiting_for(outcome.accepted[i])) {
      const Verdict verdict = place(waiting, outcome);
      if (const auto* const waits = std::get_if<WaitsFor>(&verdict)) {
        pending_.add(std::move(waiting), waits->key);
      } else if (const auto* const fault = std::get_if<ItemFault>(&verdict)) {
        refuse(waiting, *fault);
      } else if (std::get<AddResult>(verdict) == AddResult::added) {
        outcome.accepted.push_back(waiting.key);
      }
    }
  }
}

ItemFault Ledger::check_alone(const Item& item) const {
  struct Check {
    const NetworkId& network;

    ItemFault operator()(const Charter& charter) const {
      if (charter.network() != network) return ItemFault::other_network;
      return charter.signature_holds() ? ItemFault::none : ItemFault::bad_signature;
    }
    ItemFault operator()(const Membership& membership) const {
      // Claims and witnesses may hold keys of later versions; no handshake carries a longer one.
      if (membership.encode().size() > kMaxMembershipSize) return ItemFault::malformed;
      if (membership.network() != network) return ItemFault::other_network;
      return membership.holds_together() ? ItemFault::none : ItemFault::bad_signature;
    }
    ItemFault operator()(const Presence& presence) const {
      return presence.signature_holds() ? ItemFault::none : ItemFault::bad_signature;
    }
    ItemFault operator()(const Grant& grant) const {
      return grant.terms().network == network ? ItemFault::none : ItemFault::other_network;
    }
    ItemFault operator()(const Revocation& revocation) const {
      return revocation.network() == network ? ItemFault::none : ItemFault::other_network;
    }
  };
  return std::visit(Check{network_}, item);
}

Ledger::Verdict Ledger::place(const Candidate& candidate, LedgerOutcome& outcome) {
  return std::visit([this, &candidate,
                     &outcome](const auto& record) { return place(record, candidate, outcome); },
                    candidate.item);
}

Ledger::Verdict Ledger::place(const Charter& charter,
                              const Candidate& candidate,
                              LedgerOutcome& outcome) {
  if (charter_ && !charter.supersedes(*charter_)) return AddResult::known;
  charter_ = charter;
  enter(candidate);
  refused_.clear();
  outcome.charter_changed = true;
  outcome.members_changed = true;
  outcome.invites_changed = true;
  drop_foreign_admins(outcome);
  return AddResult::added;
}

Ledger::Verdict Ledger::place(const Grant& grant,
                              const Candidate& candidate,
                              LedgerOutcome& outcome) {
  if (!charter_) return WaitsFor{charter_key(network_)};
  const auto held = grants_.find(grant.terms().invite);
  // Of two grants for one invite, which only an admin can make, the lower hash counts.
  if (held != grants_.end() && item_version(held->second) <= candidate.version) {
    return AddResult::known;
  }
  if (grant.has_expired(candidate.first_seen)) return ItemFault::expired;
  const crypto::AdminPublicKey* const admin = charter_->find_admin(grant.terms().admin);
  if (admin == nullptr) return WaitsFor{charter_key(network_)};
  if (!grant.signature_holds(*admin)) return ItemFault::bad_signature;
  if (held == grants_.end() && grants_.size() >= kMaxGrants) return AddResult::overloaded;
  grants_.insert_or_assign(grant.terms().invite, grant);
  enter(candidate);
  outcome.invites_changed = true;
  return AddResult::added;
}

Ledger::Verdict Ledger::place(const Presence& presence,
                              const Candidate& candidate,
                              LedgerOutcome& outcome) {
  const MemberId member = presence.member();
  if (memberships_.find(member) == memberships_.end()) return WaitsFor{membership_key(member)};
  const auto held = presences_.find(member);
  if (held != presences_.end() && held->second.terms().sequence >= presence.terms().sequence) {
    return AddResult::known;
  }
  presences_.insert_or_assign(member, presence);
  enter(candidate);
  outcome.presences.push_back(member);
  return AddResult::added;
}

Ledger::Verdict Ledger::place(const Revocation& revocation,
                              const Candidate& candidate,
                              LedgerOutcome& outcome) {
  if (!charter_) return WaitsFor{charter_key(network_)};
  const crypto::AdminPublicKey* const admin = charter_->find_admin(revocation.admin());
  if (admin == nullptr) return WaitsFor{charter_key(network_)};
  const auto held = revocations_.find(revocation.key());
  if (held != revocations_.end()) {
    const ItemVersion held_version = index_.at(candidate.key).version;
    if (std::pair(held->second.time(), held_version) <
        std::pair(revocation.time(), candidate.version)) {
      return AddResult::known;
    }
  } else if (revocations_.size() >= kMaxRevocations) {
    return AddResult::overloaded;
  }
  if (!revocation.signature_holds(*admin)) return ItemFault::bad_signature;
  revocations_.insert_or_assign(revocation.key(), revocation);
  enter(candidate);
  outcome.members_changed = true;
  outcome.invites_changed = true;
  drop_broken_chains(outcome);
  return AddResult::added;
}

bool Ledger::expire(UnixTime now) {
  bool changed = false;
  for (auto it = grants_.begin(); it != grants_.end();) {
    const Grant& grant = it->second;
    if (grant.has_expired(now)) changed |= index_.erase(grant_key(grant.terms().invite)) != 0;
    const bool is_past = now.seconds > grant.terms().not_after.seconds + kForgetGrantsAfterSeconds;
    it = is_past ? grants_.erase(it) : std::next(it);
    changed |= is_past;
  }
  return changed;
}

const Presence* Ledger::presence(const MemberId& id) const {
  const auto it = presences_.find(id);
  return it == presences_.end() ? nullptr : &it->second;
}

const Revocation* Ledger::revocation(const RevokedKey& key) const {
  const auto it = revocations_.find(key);
  return it == revocations_.end() ? nullptr : &it->second;
}

void Ledger::enter(const Candidate& candidate) {
  index_.insert_or_assign(candidate.key, Entry{.version = candidate.version,
                                               .counts_upwards = counts_upwards(candidate.item),
                                               .bytes = encode_item(candidate.item)});
}

// Only of kinds whose version is a hash of their content: a forged charter or presence must not
// keep out the true one of the same number.
void Ledger::refuse(const Candidate& candidate, ItemFault fault) {
  if (counts_upwards(candidate.item)) return;
  if (refused_.size() == kMaxRefused) refused_.pop_front();
  refused_.push_back({candidate.key, candidate.version, fault});
}

const Ledger::Refused* Ledger::find_refused(const ItemKey& key, ItemVersion version) const {
  const auto it =
      std::find_if(refused_.begin(), refused_.end(), [&key, version](const Refused& refused) {
        return refused.key == key && refused.version == version;
      });
  return it == refused_.end() ? nullptr : &*it;
}

}  // namespace lanyard::network
