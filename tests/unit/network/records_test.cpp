// SPDX-License-Identifier: Apache-2.0
// What all records have in common: they come back from their bytes, and nothing else does.
#include "tests/unit/network/network_fixture.h"

using namespace lanyard;
using namespace lanyard::network;

namespace {

// Signatures are checked after every nth flipped bit: after each one, except for records whose
// parts are checked on their own.
template <typename Record, typename Verify>
void check_record(const Buffer& bytes, const Verify& verify, std::size_t nth = 1) {
  const auto good = Record::parse(bytes);
  REQUIRE(good);
  CHECK(good->encode() == bytes);
  CHECK(verify(*good));
  CHECK(bytes.size() + 6 <= kMaxItemSize);
  for (std::size_t n = 0; n < bytes.size(); ++n) CHECK_FALSE(Record::parse(Bytes(bytes).first(n)));
  Buffer longer = bytes;
  longer.push_back('e');
  CHECK_FALSE(Record::parse(longer));

  Buffer flipped = bytes;
  for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    const auto mask = static_cast<std::uint8_t>(1U << bit % 8);
    flipped[bit / 8] ^= mask;
    if (const auto parsed = Record::parse(flipped)) {
      if (bit % nth == 0) CHECK_FALSE(verify(*parsed));
      CHECK(parsed->encode() == flipped);  // there is no second encoding of anything
    }
    flipped[bit / 8] ^= mask;
  }
}

// The record's outer dict with another key, which no signature covers.
template <typename Record>
void check_no_foreign_keys(const Buffer& bytes) {
  const auto value = bencode::parse(bytes);
  bencode::Writer out;
  out.begin_dict();
  for (const auto& [key, entry] : value->entries()) out.key(key).raw(entry.raw());
  out.integer("z", 1).end();
  CHECK_FALSE(Record::parse(out.take()));
}

// A body with changes, as its author would sign it.
template <typename Role>
Buffer signed_body(const crypto::SigningKey<Role>& key, std::string_view label, Buffer body) {
  const crypto::Signature signature = key.sign(label, body);
  return SignedRecord{std::move(body), signature}.encode();
}

struct Records {
  TestNetwork net;
  Person bob = net.person("bob");
  Token token =
      net.token({.uses = 3, .not_after = after(kNow, kDay), .name = "bob", .address = {}});
  Membership membership = TestNetwork::witnessed(token, bob, net.founder);
};

}  // namespace

TEST_CASE("records: charter") {
  Records r;
  const auto verify = [](const Charter& charter) { return charter.signature_holds(); };
  check_record<Charter>(r.net.charter.encode(), verify);
  check_no_foreign_keys<Charter>(r.net.charter.encode());

  // Whoever lists himself in a charter of his own has made another network.
  const crypto::AdminKey stranger = crypto::AdminKey::generate(r.net.rng);
  CharterTerms terms = r.net.charter.terms();
  terms.admins.push_back(stranger.public_key());
  terms.version = 2;
  Charter second = Charter::make(terms, r.net.admin);
  CHECK(second.signature_holds());
  CHECK(second.network() == r.net.id());
  CHECK(second.supersedes(r.net.charter));
  CHECK_FALSE(r.net.charter.supersedes(second));
  const auto forged =
      Charter::parse(signed_body(stranger, "charter", to_buffer(second.record().body)));
  REQUIRE(forged);
  CHECK_FALSE(forged->signature_holds());
  terms.version = 1;
  const Charter rival = Charter::make(terms, r.net.admin);
  CHECK(rival.supersedes(r.net.charter) != r.net.charter.supersedes(rival));

  // The largest one leaves room for a witness and a secret in one control message.
  terms.name = std::string(32, 'n');
  while (terms.admins.size() < kMaxAdmins) {
    terms.admins.push_back(crypto::AdminKey::generate(r.net.rng).public_key());
  }
  CHECK(terms.is_valid());
  const std::size_t largest = Charter::make(terms, r.net.admin).encode().size();
  const std::size_t witness = r.membership.invitation()->witness.encode().size();
  CHECK(largest + witness + 80 <= kMaxControlMessage);
}

TEST_CASE("records: terms out of range make no charter") {
  Records r;
  const CharterTerms good = r.net.charter.terms();
  const auto invalid = [&good](auto change) {
    CharterTerms terms = good;
    change(terms);
    return !terms.is_valid();
  };
  CHECK(invalid([](CharterTerms& t) { t.admins.clear(); }));
  CHECK(invalid([](CharterTerms& t) { t.admins.push_back(t.admins[0]); }));
  CHECK(invalid([](CharterTerms& t) { t.name = "no name"; }));
  CHECK(invalid([](CharterTerms& t) { t.subnet.length = 30; }));
  CHECK(invalid([](CharterTerms& t) { t.subnet.length = 7; }));
  CHECK(invalid([](CharterTerms& t) { t.subnet = prefix("10.77.0.1/16"); }));
  CHECK(invalid([](CharterTerms& t) { t.version = 0; }));
  CHECK(invalid([](CharterTerms& t) { t.created = {-1}; }));
  CHECK(invalid([](CharterTerms& t) { t.ula_prefix[0] = 0xfc; }));
  CHECK_FALSE(invalid([](CharterTerms&) {}));
}

TEST_CASE("records: revocation") {
  Records r;
  const crypto::AdminPublicKey admin = r.net.admin.public_key();
  const auto verify = [&admin](const Revocation& each) { return each.signature_holds(admin); };
  const Revocation made = r.net.revoke(r.bob.identity.public_key().bytes, kNow);
  check_record<Revocation>(made.encode(), verify);
  check_no_foreign_keys<Revocation>(made.encode());
}

TEST_CASE("records: grant") {
  Records r;
  const crypto::AdminPublicKey admin = r.net.admin.public_key();
  const auto verify = [&admin](const Grant& grant) { return grant.signature_holds(admin); };
  check_record<Grant>(r.token.grant.encode(), verify);
  check_no_foreign_keys<Grant>(r.token.grant.encode());
  CHECK_FALSE(r.token.grant.signature_holds(crypto::AdminKey::generate(r.net.rng).public_key()));
}

TEST_CASE("records: claim and witness") {
  Records r;
  const Claim& claim = r.membership.invitation()->claim;
  check_record<Claim>(
      claim.encode(), [](const Claim& each) { return each.signatures_hold(); }, 3);
  check_no_foreign_keys<Claim>(claim.encode());
  const Witness& witness = r.membership.invitation()->witness;
  check_record<Witness>(witness.encode(),
                        [](const Witness& each) { return each.signature_holds(); });
  check_no_foreign_keys<Witness>(witness.encode());
}

TEST_CASE("records: presence") {
  Records r;
  const auto verify = [](const Presence& presence) { return presence.signature_holds(); };
  const Presence presence = TestNetwork::presence(r.bob, 1, "20.0.1.7:4000");
  check_record<Presence>(presence.encode(), verify);
  check_no_foreign_keys<Presence>(presence.encode());
  PresenceTerms terms = presence.terms();
  terms.endpoints.assign(kMaxPresenceEndpoints, endpoint("[2001:db8::1]:4000"));
  terms.name = std::string(63, 'n');
  CHECK(Presence::make(terms, r.bob.identity).encode().size() <= kMaxItemSize);
  terms.endpoints.push_back(endpoint("20.0.0.1:1"));
  CHECK_FALSE(terms.is_valid());
  terms.endpoints = {endpoint("224.0.0.1:9")};
  CHECK_FALSE(terms.is_valid());
  terms.endpoints.clear();
  CHECK(terms.is_valid());
  terms.sequence = 0;
  CHECK_FALSE(terms.is_valid());
}

TEST_CASE("records: founder's membership") {
  Records r;
  const auto verify = [&r](const Membership& each) {
    return each.holds_together() && each.signed_by(r.net.charter);
  };
  check_record<Membership>(r.net.founding.encode(), verify);
  check_no_foreign_keys<Membership>(r.net.founding.encode());
}

TEST_CASE("records: invited membership") {
  Records r;
  const auto verify = [&r](const Membership& each) {
    return each.holds_together() && each.signed_by(r.net.charter);
  };
  check_record<Membership>(r.membership.encode(), verify, 11);
  check_no_foreign_keys<Membership>(r.membership.encode());
  CHECK(r.membership.name() == "bob");
  CHECK(r.membership.has_fixed_name());

  // The largest fits a handshake.
  Person longest = r.net.person(std::string(63, 'x'));
  const Token token = r.net.token({.uses = 1,
                                   .not_after = {0xffffffff},
                                   .name = std::string(63, 'y'),
                                   .address = address("10.77.1.2")});
  const Membership largest = TestNetwork::witnessed(token, longest, r.net.founder);
  CHECK(largest.encode().size() <= kMaxMembershipSize);
  CHECK(Membership::parse(largest.encode()));
}

TEST_CASE("records: parts of different memberships do not hold together") {
  Records r;
  const Person carol = r.net.person("carol");
  const Membership other = r.net.invite(carol, r.net.founder);
  const Invitation& a = *r.membership.invitation();
  const Invitation& b = *other.invitation();
  CHECK(Membership::invited(a.grant, a.claim, a.witness).holds_together());
  CHECK_FALSE(Membership::invited(b.grant, a.claim, a.witness).holds_together());
  CHECK_FALSE(Membership::invited(a.grant, b.claim, a.witness).holds_together());
  CHECK_FALSE(Membership::invited(a.grant, a.claim, b.witness).holds_together());
  // Its own witness; a witness too late, and one just in time.
  CHECK_FALSE(TestNetwork::witnessed(r.token, r.bob, r.bob).holds_together());
  CHECK_FALSE(
      TestNetwork::witnessed(r.token, r.bob, carol, after(kNow, kDay + 301)).holds_together());
  CHECK(TestNetwork::witnessed(r.token, r.bob, carol, after(kNow, kDay + 300)).holds_together());
}

TEST_CASE("records: what is well signed but out of range is refused") {
  Records r;
  const Buffer body = to_buffer(r.token.grant.record().body);
  const auto with = [&](std::string_view old_text, std::string_view new_text) {
    std::string text = to_string(body);
    const std::size_t at = text.find(old_text);
    REQUIRE(at != std::string::npos);
    text.replace(at, old_text.size(), new_text);
    return Grant::parse(signed_body(r.net.admin, "grant", to_buffer(as_bytes(text))));
  };
  CHECK(with("1:ui3e", "1:ui3e"));
  CHECK(with("1:ui3e", "1:ui65535e"));
  for (const char* uses : {"1:ui0e", "1:ui-1e", "1:ui65536e", "1:ui9223372036854775807e",
                           "1:ui99999999999999999999e", "1:u1:3", "1:ui03e", "1:ule"}) {
    CAPTURE(uses);
    CHECK_FALSE(with("1:ui3e", uses));
  }
  CHECK_FALSE(with("1:n3:bob", "1:n3:b b"));
  CHECK_FALSE(with("1:n3:bob", "1:n0:"));
  CHECK_FALSE(with("1:n3:bob", "1:a3:123"));
  CHECK_FALSE(with("1:ri0e", "1:ri1e"));
  CHECK_FALSE(with("1:ri0e", ""));
  CHECK_FALSE(with("1:n3:bob", "1:z3:bob"));                  // not in order
  CHECK(with("1:xi1800086400ee", "1:xi1800086400e1:zi1ee"));  // a later version's field
  CHECK_FALSE(with("1:xi1800086400ee", "1:xi4294967296ee"));
  CHECK_FALSE(with("1:xi1800086400ee",
                   "1:xi1800086400e1:z" + std::string(12, 'l') + std::string(12, 'e') + "e"));
}

TEST_CASE("records: junk and nesting are no items") {
  CHECK_FALSE(parse_item({}));
  for (const char* junk : {"de", "le", "i1e", "d1:cdee", "d1:c0:e", "d1:qdee", "d1:cde1:gdee"}) {
    CHECK_FALSE(parse_item(as_bytes(junk)));
  }
  const std::string deep = "d1:m" + std::string(500, 'l') + std::string(500, 'e') + "e";
  CHECK_FALSE(parse_item(as_bytes(deep)));
  SeededRng rng(9);
  for (int i = 0; i < 2000; ++i) {
    Buffer noise(rng.below(80));
    rng.fill(noise);
    CHECK_FALSE(parse_item(noise));
  }
}

TEST_CASE("records: items tell their kind, subject and version") {
  Records r;
  const std::vector<Item> items = {r.net.charter, r.token.grant, r.membership,
                                   TestNetwork::presence(r.bob, 77, "20.0.1.7:1"),
                                   r.net.revoke(r.bob.identity.public_key().bytes, kNow)};
  std::vector<ItemKey> keys;
  for (const Item& item : items) {
    const Buffer bytes = encode_item(item);
    const auto parsed = parse_item(bytes);
    REQUIRE(parsed);
    CHECK(parsed->index() == item.index());
    CHECK(encode_item(*parsed) == bytes);
    CHECK(item_version(*parsed) == item_version(item));
    CHECK((item_version(item) >> 63) == 0);
    for (const ItemKey& key : keys) CHECK(key != item_key(item));
    keys.push_back(item_key(item));
  }
  CHECK(item_version(items[0]) == 1);
  CHECK(item_version(items[3]) == 77);
  CHECK(item_key(items[2]) == membership_key(r.bob.id()));
}
