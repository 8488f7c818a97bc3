// SPDX-License-Identifier: Apache-2.0
#include "core/network/redemption.h"

#include <algorithm>

#include "core/network/name.h"

namespace lanyard::network {

namespace {

// A peer's sentence is shown as part of ours: printable ASCII, at most so many bytes.
constexpr std::size_t kMaxShownMessage = 200;

bool is_showable(std::string_view text) {
  return !text.empty() && text.size() <= kMaxShownMessage &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

// Why a claim cannot be witnessed, whatever has become of the invite.
std::optional<Refusal> check_claim(const Roster& roster,
                                   const Claim& claim,
                                   const Grant& grant,
                                   const crypto::IdentityKey& own) {
  if (grant.terms().network != roster.network()) {
    return Refusal{RefusalCode::other_network, "the invite is for another network"};
  }
  const crypto::IdentityPublicKey self = own.public_key();
  if (roster.charter() == nullptr || roster.find(member_id(self)) == nullptr) {
    return Refusal{RefusalCode::invalid, "the member that was asked is no longer one itself"};
  }
  if (claim.terms().identity == self) {
    return Refusal{RefusalCode::invalid, "nobody can be its own witness"};
  }
  const crypto::AdminPublicKey* const admin = roster.charter()->find_admin(grant.terms().admin);
  if (admin == nullptr || !grant.signature_holds(*admin)) {
    return Refusal{RefusalCode::invalid, "the invite is not by an admin of this network"};
  }
  if (claim.terms().invite != grant.terms().invite || !claim.signatures_hold()) {
    return Refusal{RefusalCode::invalid, "the claim does not fit the invite"};
  }
  return std::nullopt;
}

// The claimant's place on this invite, from an earlier claim.
const Membership* earlier_membership(const Roster& roster, const Claim& claim) {
  const Membership* const held = roster.membership(claim.member());
  const Invitation* const invitation = held == nullptr ? nullptr : held->invitation();
  const bool same_invite =
      invitation != nullptr && invitation->grant.terms().invite == claim.terms().invite;
  return same_invite ? held : nullptr;
}

}  // namespace

std::string_view to_text(RefusalCode code) {
  switch (code) {
    case RefusalCode::expired: return "expired";
    case RefusalCode::used_up: return "used-up";
    case RefusalCode::revoked: return "revoked";
    case RefusalCode::invalid: return "invalid";
    case RefusalCode::other_network: return "other-network";
  }
  return {};
}

std::optional<RefusalCode> parse_refusal_code(std::string_view text) {
  for (const RefusalCode code : {RefusalCode::expired, RefusalCode::used_up, RefusalCode::revoked,
                                 RefusalCode::invalid, RefusalCode::other_network}) {
    if (text == to_text(code)) return code;
  }
  return std::nullopt;
}

Error to_error(const Refusal& refusal) {
  const std::string ask = "ask for a new token (lanyard invite)";
  switch (refusal.code) {
    case RefusalCode::expired: return make_error(Errc::expired, "the token has expired", ask);
    case RefusalCode::used_up:
      return make_error(Errc::used_up, "the token has been used as often as it allows", ask);
    case RefusalCode::revoked: return make_error(Errc::revoked, "the token was revoked", ask);
    case RefusalCode::other_network:
      return make_error(Errc::invalid, "the token is for another network", ask);
    case RefusalCode::invalid: break;
  }
  std::string message = "a member refused the token";
  if (is_showable(refusal.message)) message += ": " + refusal.message;
  return make_error(Errc::invalid, std::move(message), ask);
}

std::variant<Membership, Refusal> redeem(const Roster& roster,
                                         const Claim& claim,
                                         const Grant& grant,
                                         const crypto::IdentityKey& own,
                                         UnixTime now) {
  if (auto refusal = check_claim(roster, claim, grant, own)) return *std::move(refusal);
  if (roster.revocation(claim.terms().identity.bytes) != nullptr) {
    return Refusal{RefusalCode::revoked, "this machine's membership was revoked"};
  }
  const Membership* const earlier = earlier_membership(roster, claim);
  const bool has_place = earlier != nullptr && roster.find(claim.member()) != nullptr;
  if (has_place && earlier->invitation()->claim.hash() == claim.hash()) return *earlier;
  if (roster.revocation(grant.terms().invite.bytes) != nullptr) {
    return Refusal{RefusalCode::revoked, "the invite was revoked"};
  }
  if (grant.has_ended(now)) return Refusal{RefusalCode::expired, "the invite has expired"};
  if (!has_place && roster.claims(grant.terms().invite) >= grant.terms().uses) {
    return Refusal{RefusalCode::used_up, "the invite has no uses left"};
  }
  return Membership::invited(grant, claim, Witness::make(claim, now, own));
}

Claim make_claim(const Token& token,
                 const crypto::IdentityKey& identity,
                 const crypto::NoisePublicKey& noise_key,
                 std::string_view name,
                 UnixTime now) {
  return Claim::make({.identity = {},
                      .invite = {},
                      .name = is_member_name(name) ? std::string(name) : to_member_name(name),
                      .time = now,
                      .noise_key = noise_key},
                     invite_key(token.seed), identity);
}

Result<Membership> check_welcome(
    Roster& roster, const Token& token, const Claim& claim, const Welcome& welcome, UnixTime now) {
  const auto refuse = [](std::string_view why) {
    return make_error(Errc::invalid, "a member's welcome was refused: " + std::string(why),
                      "join again; another member may answer");
  };
  if (!crypto::constant_time_equal(join_secret(welcome.secret).bytes(),
                                   token.join_secret.bytes())) {
    return refuse("its network secret is not the one that the token belongs to");
  }
  roster.add(welcome.charter, now);
  if (roster.charter() == nullptr) return refuse("its charter is not the network's");
  Membership membership = Membership::invited(token.grant, claim, welcome.witness);
  roster.add(membership, now);
  switch (roster.standing(membership)) {
    case Standing::admitted: return membership;
    case Standing::incomplete: return refuse("the member did not prove that it is one");
    case Standing::used_up: return refuse("the token has been used as often as it allows");
    case Standing::revoked: return refuse("the token was revoked");
    case Standing::invalid: break;
  }
  return refuse("its witness does not hold");
}

}  // namespace lanyard::network
