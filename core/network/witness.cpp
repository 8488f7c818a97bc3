// SPDX-License-Identifier: Apache-2.0
#include "core/network/witness.h"

#include "core/network/record_fields.h"

namespace lanyard::network {

namespace {

constexpr std::string_view kLabel = "witness";

}  // namespace

Witness Witness::make(const Claim& claim, UnixTime time, const crypto::IdentityKey& witness) {
  Witness out;
  out.claim_hash_ = claim.hash();
  out.identity_ = witness.public_key();
  out.time_ = time;
  bencode::Writer body;
  body.begin_dict().string("c", out.claim_hash_).string("e", out.identity_.bytes);
  body.integer("t", time.seconds).end();
  out.record_.body = body.take();
  out.record_.signature = witness.sign(kLabel, out.record_.body);
  return out;
}

std::optional<Witness> Witness::parse(const bencode::Value& value) {
  auto record = SignedRecord::parse(value);
  if (!record) return std::nullopt;
  const auto body = bencode::parse(record->body);
  if (!body) return std::nullopt;
  const auto claim_hash = body->array<32>("c");
  const auto identity = read_key<crypto::IdentityPublicKey>(*body, "e");
  const auto time = read_time(*body, "t");
  if (!claim_hash || !identity || !time) return std::nullopt;
  Witness out;
  out.claim_hash_ = *claim_hash;
  out.identity_ = *identity;
  out.time_ = *time;
  out.record_ = *std::move(record);
  return out;
}

std::optional<Witness> Witness::parse(Bytes encoded) {
  const auto value = bencode::parse(encoded);
  if (!value) return std::nullopt;
  return parse(*value);
}

bool Witness::signature_holds() const {
  return crypto::verify(identity_, kLabel, record_.body, record_.signature);
}

}  // namespace lanyard::network
