// SPDX-License-Identifier: Apache-2.0
#include "core/network/presence.h"

#include <algorithm>
#include <cassert>

#include "core/network/name.h"
#include "core/network/record_fields.h"

namespace lanyard::network {

namespace {

constexpr std::string_view kLabel = "presence";

Buffer encode_body(const PresenceTerms& terms) {
  bencode::Writer out;
  out.begin_dict().string("e", terms.identity.bytes).key("l").begin_list();
  for (const Endpoint& endpoint : terms.endpoints) out.string(endpoint.compact());
  out.end().string("m", terms.name).integer("v", terms.sequence).end();
  return out.take();
}

std::optional<std::vector<Endpoint>> read_endpoints(const bencode::Value& body) {
  const bencode::Value* const list = body.list("l");
  if (list == nullptr || list->items().size() > kMaxPresenceEndpoints) return std::nullopt;
  std::vector<Endpoint> out;
  for (const bencode::Value& item : list->items()) {
    const auto bytes = item.string();
    if (!bytes) return std::nullopt;
    const auto endpoint = Endpoint::from_compact(*bytes);
    if (!endpoint) return std::nullopt;
    out.push_back(*endpoint);
  }
  return out;
}

std::optional<PresenceTerms> parse_body(Bytes encoded) {
  const auto body = bencode::parse(encoded);
  if (!body) return std::nullopt;
  const auto identity = read_key<crypto::IdentityPublicKey>(*body, "e");
  auto endpoints = read_endpoints(*body);
  auto name = read_member_name(*body, "m");
  const auto sequence = body->integer("v");
  if (!identity || !endpoints || !name || !sequence) return std::nullopt;
  PresenceTerms terms = {.identity = *identity,
                         .endpoints = *std::move(endpoints),
                         .name = *std::move(name),
                         .sequence = *sequence};
  if (!terms.is_valid()) return std::nullopt;
  return terms;
}

}  // namespace

bool PresenceTerms::is_valid() const {
  return endpoints.size() <= kMaxPresenceEndpoints && is_member_name(name) && sequence > 0 &&
         std::all_of(endpoints.begin(), endpoints.end(),
                     [](const Endpoint& endpoint) { return endpoint.is_usable(); });
}

Presence::Presence(PresenceTerms terms, SignedRecord record)
    : terms_(std::move(terms)), record_(std::move(record)) {}

Presence Presence::make(PresenceTerms terms, const crypto::IdentityKey& identity) {
  terms.identity = identity.public_key();
  assert(terms.is_valid());
  Buffer body = encode_body(terms);
  const crypto::Signature signature = identity.sign(kLabel, body);
  return Presence(std::move(terms), {std::move(body), signature});
}

std::optional<Presence> Presence::parse(const bencode::Value& value) {
  auto record = SignedRecord::parse(value);
  if (!record) return std::nullopt;
  auto terms = parse_body(record->body);
  if (!terms) return std::nullopt;
  return Presence(*std::move(terms), *std::move(record));
}

std::optional<Presence> Presence::parse(Bytes encoded) {
  const auto value = bencode::parse(encoded);
  if (!value) return std::nullopt;
  return parse(*value);
}

bool Presence::signature_holds() const {
  return crypto::verify(terms_.identity, kLabel, record_.body, record_.signature);
}

}  // namespace lanyard::network
