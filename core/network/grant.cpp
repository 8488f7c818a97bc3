// SPDX-License-Identifier: Apache-2.0
#include "core/network/grant.h"

#include <cassert>
#include <limits>

#include "core/network/name.h"
#include "core/network/record_fields.h"

namespace lanyard::network {

namespace {

constexpr std::string_view kLabel = "grant";

Buffer encode_body(const GrantTerms& terms) {
  bencode::Writer out;
  out.begin_dict();
  if (terms.address) out.string("a", terms.address->bytes());
  out.string("i", terms.network.bytes).string("k", terms.invite.bytes);
  if (terms.name) out.string("n", *terms.name);
  out.string("o", terms.admin.bytes).integer("r", static_cast<std::int64_t>(terms.role));
  out.integer("u", terms.uses).integer("x", terms.not_after.seconds).end();
  return out.take();
}

std::optional<GrantTerms> parse_body(Bytes encoded) {
  const auto body = bencode::parse(encoded);
  if (!body) return std::nullopt;
  const auto address = read_optional_ipv4(*body, "a");
  const auto network = read_key<NetworkId>(*body, "i");
  const auto invite = read_key<crypto::InvitePublicKey>(*body, "k");
  const auto name = read_optional_name(*body, "n");
  const auto admin = read_key<AdminId>(*body, "o");
  const auto role = body->integer("r");
  const auto uses = body->integer("u");
  const auto not_after = read_time(*body, "x");
  if (!address.is_sound || !network || !invite || !name.is_sound || !admin || !not_after) {
    return std::nullopt;
  }
  if (!role || *role != 0 || !uses || *uses < 1 || *uses > kMaxUses) return std::nullopt;
  GrantTerms terms = {.address = address.value,
                      .network = *network,
                      .invite = *invite,
                      .name = name.value,
                      .admin = *admin,
                      .role = MemberRole::member,
                      .uses = static_cast<std::uint32_t>(*uses),
                      .not_after = *not_after};
  if (!terms.is_valid()) return std::nullopt;
  return terms;
}

}  // namespace

bool GrantTerms::is_valid() const {
  // A token has 32 bits for the time.
  return (!address || address->is_v4()) && (!name || is_member_name(*name)) && uses >= 1 &&
         uses <= kMaxUses && not_after.seconds >= 0 &&
         not_after.seconds <= std::numeric_limits<std::uint32_t>::max();
}

Grant::Grant(GrantTerms terms, SignedRecord record)
    : terms_(std::move(terms)), record_(std::move(record)) {}

Grant Grant::make(GrantTerms terms, const crypto::AdminKey& admin) {
  terms.admin = admin_id(admin.public_key());
  const crypto::Signature signature = admin.sign(kLabel, encode_body(terms));
  return rebuild(std::move(terms), signature);
}

Grant Grant::rebuild(GrantTerms terms, const crypto::Signature& signature) {
  assert(terms.is_valid());
  Buffer body = encode_body(terms);
  return Grant(std::move(terms), {std::move(body), signature});
}

std::optional<Grant> Grant::parse(const bencode::Value& value) {
  auto record = SignedRecord::parse(value);
  if (!record) return std::nullopt;
  auto terms = parse_body(record->body);
  if (!terms) return std::nullopt;
  return Grant(*std::move(terms), *std::move(record));
}

std::optional<Grant> Grant::parse(Bytes encoded) {
  const auto value = bencode::parse(encoded);
  if (!value) return std::nullopt;
  return parse(*value);
}

bool Grant::signature_holds(const crypto::AdminPublicKey& admin) const {
  return crypto::verify(admin, kLabel, record_.body, record_.signature);
}

bool Grant::has_expired(UnixTime at) const {
  return at.seconds > terms_.not_after.seconds + kClockSlackSeconds;
}

}  // namespace lanyard::network
