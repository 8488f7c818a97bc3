// SPDX-License-Identifier: Apache-2.0
#include "core/network/claim.h"

#include <cassert>

#include "core/network/name.h"
#include "core/network/record_fields.h"

namespace lanyard::network {

namespace {

// Two labels, so that neither signature can stand for the other.
constexpr std::string_view kInviteLabel = "claim-invite";
constexpr std::string_view kIdentityLabel = "claim";

Buffer encode_body(const ClaimTerms& terms) {
  bencode::Writer out;
  out.begin_dict().string("e", terms.identity.bytes).string("k", terms.invite.bytes);
  out.string("n", terms.name).integer("t", terms.time.seconds);
  out.string("x", terms.noise_key.bytes).end();
  return out.take();
}

std::optional<ClaimTerms> parse_body(Bytes encoded) {
  const auto body = bencode::parse(encoded);
  if (!body) return std::nullopt;
  const auto identity = read_key<crypto::IdentityPublicKey>(*body, "e");
  const auto invite = read_key<crypto::InvitePublicKey>(*body, "k");
  auto name = read_member_name(*body, "n");
  const auto time = read_time(*body, "t");
  const auto noise_key = read_key<crypto::NoisePublicKey>(*body, "x");
  if (!identity || !invite || !name || !time || !noise_key) return std::nullopt;
  return ClaimTerms{.identity = *identity,
                    .invite = *invite,
                    .name = *std::move(name),
                    .time = *time,
                    .noise_key = *noise_key};
}

}  // namespace

Claim::Claim(ClaimTerms terms, Buffer body)
    : terms_(std::move(terms)), body_(std::move(body)), hash_(crypto::blake2b_256({body_})) {}

Claim Claim::make(ClaimTerms terms,
                  const crypto::InviteKey& invite,
                  const crypto::IdentityKey& identity) {
  terms.invite = invite.public_key();
  terms.identity = identity.public_key();
  assert(is_member_name(terms.name));
  Buffer body = encode_body(terms);
  Claim out(std::move(terms), std::move(body));
  out.invite_signature_ = invite.sign(kInviteLabel, out.body_);
  out.identity_signature_ = identity.sign(kIdentityLabel, out.body_);
  return out;
}

std::optional<Claim> Claim::parse(const bencode::Value& value) {
  const auto body = value.string("b");
  const auto invite_signature = value.array<crypto::kSignatureSize>("j");
  const auto identity_signature = value.array<crypto::kSignatureSize>("s");
  if (!body || !invite_signature || !identity_signature || value.entries().size() != 3) {
    return std::nullopt;
  }
  auto terms = parse_body(*body);
  if (!terms) return std::nullopt;
  Claim out(*std::move(terms), to_buffer(*body));
  out.invite_signature_ = *invite_signature;
  out.identity_signature_ = *identity_signature;
  return out;
}

std::optional<Claim> Claim::parse(Bytes encoded) {
  const auto value = bencode::parse(encoded);
  if (!value) return std::nullopt;
  return parse(*value);
}

void Claim::write(bencode::Writer& out) const {
  out.begin_dict().string("b", body_).string("j", invite_signature_);
  out.string("s", identity_signature_).end();
}

Buffer Claim::encode() const {
  bencode::Writer out;
  write(out);
  return out.take();
}

bool Claim::signatures_hold() const {
  return crypto::verify(terms_.invite, kInviteLabel, body_, invite_signature_) &&
         crypto::verify(terms_.identity, kIdentityLabel, body_, identity_signature_);
}

}  // namespace lanyard::network
