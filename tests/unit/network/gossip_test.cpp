// SPDX-License-Identifier: Apache-2.0
#include "core/network/gossip.h"

#include "tests/unit/network/network_fixture.h"

using namespace lanyard;
using namespace lanyard::network;

namespace {

ItemKey key(std::uint8_t first) { return {{first}}; }

}  // namespace

TEST_CASE("gossip: pages come back from their bytes, and only well-formed ones do") {
  HavePage page = {.first = key(1), .last = key(9), .entries = {{key(1), 5}, {key(7), UINT64_MAX}}};
  const Buffer packed = page.pack_entries();
  CHECK(packed.size() == 32);
  const auto parsed = HavePage::parse(page.first, page.last, packed);
  REQUIRE(parsed);
  CHECK(parsed->entries == page.entries);
  CHECK(parsed->next_first() == ItemKey{{9, 0, 0, 0, 0, 0, 0, 1}});
  for (std::size_t n = 1; n < packed.size(); ++n) {
    if (n != 16) CHECK_FALSE(HavePage::parse(page.first, page.last, Bytes(packed).first(n)));
  }
  CHECK_FALSE(HavePage::parse(key(2), page.last, packed));
  CHECK_FALSE(HavePage::parse(page.first, key(6), packed));
  CHECK_FALSE(HavePage::parse(page.last, page.first, {}));
  page.entries = {{key(7), 1}, {key(7), 2}};
  CHECK_FALSE(HavePage::parse(page.first, page.last, page.pack_entries()));
  page.entries.assign(kHaveEntries + 1, {key(7), 1});
  CHECK_FALSE(HavePage::parse(page.first, page.last, page.pack_entries()));
  CHECK_FALSE(HavePage{.first = {}, .last = kLastItemKey, .entries = {}}.next_first());
}

TEST_CASE("gossip: wanted keys") {
  const std::vector<ItemKey> keys = {key(3), key(1)};
  CHECK(parse_keys(pack_keys(keys)) == keys);
  CHECK(parse_keys({})->empty());
  CHECK_FALSE(parse_keys(Buffer(7)));
  CHECK(parse_keys(Buffer(kWantKeys * 8)));
  CHECK_FALSE(parse_keys(Buffer(kWantKeys * 8 + 8)));
}

TEST_CASE("gossip: every message stays within its limit") {
  const std::string envelope = "d1:f8:........1:k4:have1:l4:....1:t8:........e";
  CHECK(envelope.size() + kHaveEntries * 16 <= kMaxControlMessage);
  CHECK(std::string("d1:k4:want1:l4:1024e").size() + kWantKeys * 8 <= kMaxControlMessage);

  SeededRng rng(3);
  std::vector<Buffer> items;
  for (int i = 0; i < 200; ++i) items.emplace_back(1 + rng.below(kMaxItemSize));
  items.emplace_back(kMaxItemSize);
  items.emplace_back(kMaxItemSize + 1);  // left out
  std::size_t packed = 0;
  for (const auto& list : pack_items(items)) {
    bencode::Writer message;
    message.begin_dict().string("k", "recs").key("l").begin_list();
    for (const Bytes item : list) message.raw(item);
    CHECK(message.end().end().take().size() <= kMaxControlMessage);
    CHECK_FALSE(list.empty());
    packed += list.size();
  }
  CHECK(packed == items.size() - 1);
  CHECK(pack_items({}).empty());
}

TEST_CASE("gossip: a newcomer and an old member end alike, over several pages") {
  TestNetwork net;
  Roster old_member = net.roster();
  const Token token = net.token(100);
  old_member.add(token.grant, kNow);
  std::vector<Person> people;
  people.reserve(34);
  for (int i = 0; i < 34; ++i) {
    people.push_back(net.person("p" + std::to_string(i)));
    const Person& witness = i < 2 ? net.founder : people[static_cast<std::size_t>(i) / 2];
    old_member.add(TestNetwork::witnessed(token, people.back(), witness, after(kNow, i)), kNow);
    old_member.add(TestNetwork::presence(people.back(), 7, "20.0.0.1:4000"), kNow);
  }
  CHECK(old_member.members().size() == 35);
  const HavePage page = old_member.have(kFirstItemKey);
  CHECK(page.entries.size() == kHaveEntries);
  CHECK(page.next_first());
  Roster newcomer(net.id());
  exchange(newcomer, old_member, after(kNow, 100));
  CHECK(newcomer.digest() == old_member.digest());
  CHECK(newcomer.members().size() == 35);
  CHECK(newcomer.pending() == 0);
}

TEST_CASE("gossip: five rosters that met different members come to agree") {
  TestNetwork net;
  std::vector<Roster> rosters;
  for (int i = 0; i < 5; ++i) rosters.push_back(net.roster());
  const Token one = net.token(1);
  for (int i = 0; i < 5; ++i) {
    Roster& roster = rosters[static_cast<std::size_t>(i)];
    const Person joined = net.person("node");
    const Person rival = net.person("rival");
    roster.add(net.invite(joined, net.founder, after(kNow, 50 - i)), kNow);
    roster.add(TestNetwork::witnessed(one, rival, net.founder, after(kNow, i % 3)), kNow);
    roster.add(TestNetwork::presence(net.founder, 100 + i, "20.0.0.1:4000"), kNow);
    roster.add(net.token().grant, kNow);
  }
  CharterTerms terms = net.charter.terms();
  terms.version = 2;
  rosters[3].add(Charter::make(terms, net.admin), kNow);
  rosters[4].add(net.revoke(net.person("gone").identity.public_key().bytes, kNow), kNow);
  for (int round = 0; round < 3; ++round) {
    for (std::size_t i = 0; i < 5; ++i) exchange(rosters[i], rosters[(i + 1) % 5], kNow);
  }
  for (const Roster& roster : rosters) {
    CHECK(roster.digest() == rosters[0].digest());
    CHECK(roster.charter()->terms().version == 2);
    REQUIRE(roster.members().size() == 1 + 5 + 1);
    for (std::size_t i = 0; i < roster.members().size(); ++i) {
      CHECK(roster.members()[i].id == rosters[0].members()[i].id);
      CHECK(roster.members()[i].ipv4 == rosters[0].members()[i].ipv4);
      CHECK(roster.members()[i].name == rosters[0].members()[i].name);
    }
  }
}

TEST_CASE("gossip: two witnesses of one claim are settled on one") {
  TestNetwork net;
  Roster a = net.roster();
  Roster b = net.roster();
  const Person bob = net.person("bob");
  const Token token = net.token(1);
  const Claim claim = make_claim(token, bob.identity, bob.noise.public_key(), "bob", kNow);
  const auto witness_at = [&](std::int64_t seconds) {
    const Witness witness = Witness::make(claim, after(kNow, seconds), net.founder.identity);
    return Membership::invited(token.grant, claim, witness);
  };
  a.add(witness_at(1), kNow);
  b.add(witness_at(2), kNow);
  CHECK(a.digest() != b.digest());
  exchange(a, b, kNow);
  CHECK(a.digest() == b.digest());
  CHECK(b.find(bob.id())->admitted == after(kNow, 1));
}

TEST_CASE("gossip: what was refused or waits is not asked for again") {
  TestNetwork net;
  Roster roster = net.roster();
  const Person bob = net.person("bob");
  const Membership self = net.invite(bob, bob);
  const Membership waiting = net.invite(bob, net.person("absent"));
  roster.add(self, kNow);
  roster.add(waiting, kNow);
  const auto wants = [&roster](const Membership& membership) {
    HavePage page = {.first = kFirstItemKey, .last = kLastItemKey, .entries = {}};
    page.entries.push_back({membership_key(membership.member()), item_version(membership)});
    return !roster.compare(page).want.empty();
  };
  CHECK_FALSE(wants(self));
  CHECK_FALSE(wants(waiting));
  CHECK(wants(net.invite(bob, net.founder)));
}
