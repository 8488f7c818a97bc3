// SPDX-License-Identifier: Apache-2.0
#include "core/network/revocation.h"

#include "core/network/record_fields.h"

namespace lanyard::network {

namespace {

constexpr std::string_view kLabel = "revocation";

}  // namespace

Revocation Revocation::make(const NetworkId& network,
                            const RevokedKey& key,
                            UnixTime time,
                            const crypto::AdminKey& admin) {
  Revocation out;
  out.network_ = network;
  out.key_ = key;
  out.time_ = time;
  out.admin_ = admin_id(admin.public_key());
  bencode::Writer body;
  body.begin_dict().string("i", network.bytes).string("k", key);
  body.string("o", out.admin_.bytes).integer("t", time.seconds).end();
  out.record_.body = body.take();
  out.record_.signature = admin.sign(kLabel, out.record_.body);
  return out;
}

std::optional<Revocation> Revocation::parse(const bencode::Value& value) {
  auto record = SignedRecord::parse(value);
  if (!record) return std::nullopt;
  const auto body = bencode::parse(record->body);
  if (!body) return std::nullopt;
  const auto network = read_key<NetworkId>(*body, "i");
  const auto key = body->array<32>("k");
  const auto admin = read_key<AdminId>(*body, "o");
  const auto time = read_time(*body, "t");
  if (!network || !key || !admin || !time) return std::nullopt;
  Revocation out;
  out.network_ = *network;
  out.key_ = *key;
  out.time_ = *time;
  out.admin_ = *admin;
  out.record_ = *std::move(record);
  return out;
}

std::optional<Revocation> Revocation::parse(Bytes encoded) {
  const auto value = bencode::parse(encoded);
  if (!value) return std::nullopt;
  return parse(*value);
}

bool Revocation::signature_holds(const crypto::AdminPublicKey& admin) const {
  return crypto::verify(admin, kLabel, record_.body, record_.signature);
}

}  // namespace lanyard::network
