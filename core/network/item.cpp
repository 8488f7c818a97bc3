// SPDX-License-Identifier: Apache-2.0
#include "core/network/item.h"

#include "core/base/endian.h"

namespace lanyard::network {

namespace {

template <typename Record>
std::optional<Item> parse_as(const bencode::Value& value) {
  auto record = Record::parse(value);
  if (!record) return std::nullopt;
  return Item(*std::move(record));
}

char letter(const Charter&) { return 'c'; }
char letter(const Grant&) { return 'g'; }
char letter(const Membership&) { return 'm'; }
char letter(const Presence&) { return 'p'; }
char letter(const Revocation&) { return 'r'; }

ItemKey hashed_key(char kind, Bytes subject) {
  const crypto::Hash256 hash = crypto::blake2b_256({as_bytes({&kind, 1}), subject});
  return *ItemKey::from_bytes(Bytes(hash).first(ItemKey::kSize));
}

// Without the top bit, so that it is also a bencoded integer everywhere.
ItemVersion hashed_version(Bytes encoded) {
  return load_be<std::uint64_t>(crypto::blake2b_256({encoded}).data()) >> 1;
}

ItemKey key_of(const Charter& charter) { return charter_key(charter.network()); }
ItemKey key_of(const Grant& grant) { return grant_key(grant.terms().invite); }
ItemKey key_of(const Membership& membership) { return membership_key(membership.member()); }
ItemKey key_of(const Presence& presence) { return presence_key(presence.member()); }
ItemKey key_of(const Revocation& revocation) { return revocation_key(revocation.key()); }

ItemVersion version_of(const Charter& charter) {
  return static_cast<ItemVersion>(charter.terms().version);
}
ItemVersion version_of(const Presence& presence) {
  return static_cast<ItemVersion>(presence.terms().sequence);
}
template <typename Record>
ItemVersion version_of(const Record& record) {
  return hashed_version(record.encode());
}

}  // namespace

std::optional<Item> parse_item(Bytes encoded) {
  if (encoded.size() > kMaxItemSize) return std::nullopt;
  const auto value = bencode::parse(encoded);
  if (!value || value->entries().size() != 1) return std::nullopt;
  const auto& [kind, record] = value->entries().front();
  if (kind == "c") return parse_as<Charter>(record);
  if (kind == "g") return parse_as<Grant>(record);
  if (kind == "m") return parse_as<Membership>(record);
  if (kind == "p") return parse_as<Presence>(record);
  if (kind == "r") return parse_as<Revocation>(record);
  return std::nullopt;
}

Buffer encode_item(const Item& item) {
  return std::visit(
      [](const auto& record) {
        const char kind = letter(record);
        bencode::Writer out;
        out.begin_dict().key({&kind, 1}).raw(record.encode()).end();
        return out.take();
      },
      item);
}

ItemKey charter_key(const NetworkId& network) { return hashed_key('c', network.bytes); }
ItemKey grant_key(const crypto::InvitePublicKey& invite) { return hashed_key('g', invite.bytes); }
ItemKey membership_key(const MemberId& member) { return hashed_key('m', member.bytes); }
ItemKey presence_key(const MemberId& member) { return hashed_key('p', member.bytes); }
ItemKey revocation_key(const RevokedKey& revoked) { return hashed_key('r', revoked); }

ItemKey item_key(const Item& item) {
  return std::visit([](const auto& record) { return key_of(record); }, item);
}

ItemVersion item_version(const Item& item) {
  return std::visit([](const auto& record) { return version_of(record); }, item);
}

}  // namespace lanyard::network
