// SPDX-License-Identifier: Apache-2.0
#include "core/network/charter.h"

#include <algorithm>
#include <cassert>
#include <set>

#include "core/network/name.h"
#include "core/network/record_fields.h"
#include "core/network/subnet.h"

namespace lanyard::network {

namespace {

constexpr std::string_view kLabel = "charter";
constexpr std::size_t kSubnetSize = 5;  // address 4, prefix length 1

Buffer encode_body(const CharterTerms& terms) {
  bencode::Writer out;
  out.begin_dict().key("a").begin_list();
  for (const crypto::AdminPublicKey& admin : terms.admins) out.string(admin.bytes);
  out.end();
  Buffer subnet = to_buffer(terms.subnet.address.bytes());
  subnet.push_back(terms.subnet.length);
  out.string("n", terms.name).string("s", subnet).integer("t", terms.created.seconds);
  out.integer("v", terms.version).string("x", terms.ula_prefix).end();
  return out.take();
}

std::optional<std::vector<crypto::AdminPublicKey>> read_admins(const bencode::Value& body) {
  const bencode::Value* const list = body.list("a");
  if (list == nullptr || list->items().size() > kMaxAdmins) return std::nullopt;
  std::vector<crypto::AdminPublicKey> out;
  for (const bencode::Value& item : list->items()) {
    const auto bytes = item.string();
    if (!bytes) return std::nullopt;
    const auto key = crypto::AdminPublicKey::from_bytes(*bytes);
    if (!key) return std::nullopt;
    out.push_back(*key);
  }
  return out;
}

std::optional<CharterTerms> parse_body(Bytes encoded) {
  const auto body = bencode::parse(encoded);
  if (!body) return std::nullopt;
  auto admins = read_admins(*body);
  const auto name = body->string("n");
  const auto subnet = body->array<kSubnetSize>("s");
  const auto created = read_time(*body, "t");
  const auto version = body->integer("v");
  const auto ula_prefix = body->array<8>("x");
  if (!admins || !name || !subnet || !created || !version || !ula_prefix) return std::nullopt;
  CharterTerms terms = {.admins = *std::move(admins),
                        .name = to_string(*name),
                        .subnet = {*IpAddress::from_bytes(Bytes(*subnet).first(4)), (*subnet)[4]},
                        .created = *created,
                        .version = *version,
                        .ula_prefix = *ula_prefix};
  if (!terms.is_valid()) return std::nullopt;
  return terms;
}

}  // namespace

bool CharterTerms::is_valid() const {
  const std::set<crypto::AdminPublicKey> distinct(admins.begin(), admins.end());
  return !admins.empty() && admins.size() <= kMaxAdmins && distinct.size() == admins.size() &&
         is_network_name(name) && is_subnet(subnet) && created.seconds >= 0 && version >= 1 &&
         is_ula_prefix(ula_prefix);
}

Charter::Charter(CharterTerms terms, SignedRecord record)
    : terms_(std::move(terms)),
      network_(network_id(terms_.admins.front())),
      record_(std::move(record)) {}

Charter Charter::make(CharterTerms terms, const crypto::AdminKey& first_admin) {
  assert(terms.is_valid() && terms.admins.front() == first_admin.public_key());
  Buffer body = encode_body(terms);
  const crypto::Signature signature = first_admin.sign(kLabel, body);
  return Charter(std::move(terms), {std::move(body), signature});
}

std::optional<Charter> Charter::parse(const bencode::Value& value) {
  auto record = SignedRecord::parse(value);
  if (!record) return std::nullopt;
  auto terms = parse_body(record->body);
  if (!terms) return std::nullopt;
  return Charter(*std::move(terms), *std::move(record));
}

std::optional<Charter> Charter::parse(Bytes encoded) {
  const auto value = bencode::parse(encoded);
  if (!value) return std::nullopt;
  return parse(*value);
}

bool Charter::signature_holds() const {
  return crypto::verify(terms_.admins.front(), kLabel, record_.body, record_.signature);
}

const crypto::AdminPublicKey* Charter::find_admin(const AdminId& id) const {
  const auto it =
      std::find_if(terms_.admins.begin(), terms_.admins.end(),
                   [&id](const crypto::AdminPublicKey& key) { return admin_id(key) == id; });
  return it == terms_.admins.end() ? nullptr : &*it;
}

bool Charter::supersedes(const Charter& other) const {
  if (terms_.version != other.terms_.version) return terms_.version > other.terms_.version;
  return crypto::blake2b_256({record_.body}) < crypto::blake2b_256({other.record_.body});
}

}  // namespace lanyard::network
