// SPDX-License-Identifier: Apache-2.0
#include "core/network/membership.h"

#include <cassert>

#include "core/network/name.h"
#include "core/network/record_fields.h"

namespace lanyard::network {

namespace {

constexpr std::string_view kFounderLabel = "founder";
constexpr std::int64_t kFounderKind = 0;
constexpr std::int64_t kInvitedKind = 1;

Buffer encode_body(const FounderTerms& terms) {
  bencode::Writer out;
  out.begin_dict().string("e", terms.identity.bytes);
  if (terms.address) out.string("f", terms.address->bytes());
  out.string("i", terms.network.bytes).string("n", terms.name).integer("t", terms.time.seconds);
  out.string("x", terms.noise_key.bytes).end();
  return out.take();
}

Buffer encode_basis(const Founding& founding) {
  bencode::Writer out;
  out.begin_dict().string("b", founding.record.body).integer("k", kFounderKind);
  out.string("s", founding.record.signature).end();
  return out.take();
}

Buffer encode_basis(const Invitation& invitation) {
  bencode::Writer out;
  out.begin_dict().key("c");
  invitation.claim.write(out);
  out.key("g");
  invitation.grant.record().write(out);
  out.integer("k", kInvitedKind).key("w");
  invitation.witness.record().write(out);
  out.end();
  return out.take();
}

std::optional<Founding> parse_founding(const bencode::Value& value) {
  const auto encoded = value.string("b");
  const auto signature = value.array<crypto::kSignatureSize>("s");
  if (!encoded || !signature || value.entries().size() != 3) return std::nullopt;
  const auto body = bencode::parse(*encoded);
  if (!body) return std::nullopt;
  const auto identity = read_key<crypto::IdentityPublicKey>(*body, "e");
  const auto address = read_optional_ipv4(*body, "f");
  const auto network = read_key<NetworkId>(*body, "i");
  auto name = read_member_name(*body, "n");
  const auto time = read_time(*body, "t");
  const auto noise_key = read_key<crypto::NoisePublicKey>(*body, "x");
  if (!identity || !address.is_sound || !network || !name || !time || !noise_key) {
    return std::nullopt;
  }
  return Founding{{.identity = *identity,
                   .address = address.value,
                   .network = *network,
                   .name = *std::move(name),
                   .time = *time,
                   .noise_key = *noise_key},
                  {to_buffer(*encoded), *signature}};
}

std::optional<Invitation> parse_invitation(const bencode::Value& value) {
  const bencode::Value* const claim = value.dict("c");
  const bencode::Value* const grant = value.dict("g");
  const bencode::Value* const witness = value.dict("w");
  if (claim == nullptr || grant == nullptr || witness == nullptr || value.entries().size() != 4) {
    return std::nullopt;
  }
  auto parsed_claim = Claim::parse(*claim);
  auto parsed_grant = Grant::parse(*grant);
  auto parsed_witness = Witness::parse(*witness);
  if (!parsed_claim || !parsed_grant || !parsed_witness) return std::nullopt;
  return Invitation{*std::move(parsed_grant), *std::move(parsed_claim), *std::move(parsed_witness)};
}

}  // namespace

bool FounderTerms::is_valid() const {
  return (!address || address->is_v4()) && is_member_name(name) && time.seconds >= 0;
}

Membership::Membership(std::variant<Founding, Invitation> basis)
    : basis_(std::move(basis)),
      member_(member_id(identity())),
      encoded_(is_founder() ? encode_basis(*founding()) : encode_basis(*invitation())) {}

Membership Membership::found(FounderTerms terms, const crypto::AdminKey& admin) {
  assert(terms.is_valid());
  Buffer body = encode_body(terms);
  const crypto::Signature signature = admin.sign(kFounderLabel, body);
  return Membership(Founding{std::move(terms), {std::move(body), signature}});
}

Membership Membership::invited(Grant grant, Claim claim, Witness witness) {
  return Membership(Invitation{std::move(grant), std::move(claim), std::move(witness)});
}

std::optional<Membership> Membership::parse(const bencode::Value& value) {
  if (value.raw().size() > kMaxMembershipSize) return std::nullopt;
  const auto kind = value.integer("k");
  if (kind == kFounderKind) {
    auto founding = parse_founding(value);
    if (founding) return Membership(*std::move(founding));
  } else if (kind == kInvitedKind) {
    auto invitation = parse_invitation(value);
    if (invitation) return Membership(*std::move(invitation));
  }
  return std::nullopt;
}

std::optional<Membership> Membership::parse(Bytes encoded) {
  const auto value = bencode::parse(encoded);
  if (!value) return std::nullopt;
  return parse(*value);
}

const NetworkId& Membership::network() const {
  return is_founder() ? founding()->terms.network : invitation()->grant.terms().network;
}

const crypto::IdentityPublicKey& Membership::identity() const {
  return is_founder() ? founding()->terms.identity : invitation()->claim.terms().identity;
}

const crypto::NoisePublicKey& Membership::noise_key() const {
  return is_founder() ? founding()->terms.noise_key : invitation()->claim.terms().noise_key;
}

UnixTime Membership::admitted() const {
  return is_founder() ? founding()->terms.time : invitation()->witness.time();
}

bool Membership::has_fixed_name() const {
  return !is_founder() && invitation()->grant.terms().name.has_value();
}

const std::string& Membership::name() const {
  if (is_founder()) return founding()->terms.name;
  return has_fixed_name() ? *invitation()->grant.terms().name : invitation()->claim.terms().name;
}

std::optional<IpAddress> Membership::fixed_address() const {
  return is_founder() ? founding()->terms.address : invitation()->grant.terms().address;
}

bool Membership::holds_together() const {
  if (is_founder()) return true;
  const auto& [grant, claim, witness] = *invitation();
  return claim.terms().invite == grant.terms().invite && witness.claim_hash() == claim.hash() &&
         witness.identity() != claim.terms().identity && !grant.has_expired(witness.time()) &&
         claim.signatures_hold() && witness.signature_holds();
}

bool Membership::signed_by(const Charter& charter) const {
  if (network() != charter.network()) return false;
  if (const Founding* const founder = founding()) {
    for (const crypto::AdminPublicKey& admin : charter.terms().admins) {
      if (crypto::verify(admin, kFounderLabel, founder->record.body, founder->record.signature)) {
        return true;
      }
    }
    return false;
  }
  const Grant& grant = invitation()->grant;
  const crypto::AdminPublicKey* const admin = charter.find_admin(grant.terms().admin);
  return admin != nullptr && grant.signature_holds(*admin);
}

}  // namespace lanyard::network
