// SPDX-License-Identifier: Apache-2.0
#include "core/network/roster.h"

#include <algorithm>

#include "tests/unit/network/network_fixture.h"

using namespace lanyard;
using namespace lanyard::network;

namespace {

bool contains(const std::vector<MemberId>& ids, const MemberId& id) {
  return std::find(ids.begin(), ids.end(), id) != ids.end();
}

}  // namespace

TEST_CASE("roster: a member comes with everything that a node needs to know of it") {
  TestNetwork net;
  Roster roster = net.roster();
  const Person bob = net.person("bob");
  const AddOutcome outcome = roster.add(net.invite(bob, net.founder), kNow);
  CHECK(outcome.result == AddResult::added);
  CHECK(outcome.change.admitted == std::vector<MemberId>{bob.id()});
  CHECK(outcome.change.accepted == std::vector<ItemKey>{membership_key(bob.id())});

  REQUIRE(roster.members().size() == 2);
  CHECK(roster.members()[0].id == net.founder.id());
  CHECK(roster.members()[0].is_founder);
  const Member* const member = roster.find(bob.id());
  REQUIRE(member != nullptr);
  CHECK(member == roster.find_by_noise_key(bob.noise.public_key()));
  CHECK(member->name == "bob");
  CHECK(member->identity == bob.identity.public_key());
  CHECK(member->admitted == kNow);
  CHECK(member->mac == mac_of(bob.id()));
  CHECK(member->ipv6 == ipv6_of(net.charter.terms().ula_prefix, bob.id()));
  REQUIRE(member->ipv4);
  CHECK(is_host_address(net.charter.terms().subnet, *member->ipv4));
  CHECK(roster.find(net.person("x").id()) == nullptr);
  CHECK(roster.find_by_noise_key(net.person("x").noise.public_key()) == nullptr);
}

TEST_CASE("roster: the same item twice is known, and changes nothing") {
  TestNetwork net;
  Roster roster = net.roster();
  const Digest before = roster.digest();
  CHECK(roster.add(net.charter, kNow).result == AddResult::known);
  const AddOutcome again = roster.add_item(encode_item(net.founding), kNow);
  CHECK(again.result == AddResult::known);
  CHECK(again.change.is_empty());
  CHECK(roster.digest() == before);
}

TEST_CASE("roster: items of another network, forged or garbled, are refused") {
  TestNetwork net(1);
  TestNetwork other(2);
  Roster roster = net.roster();
  const Digest before = roster.digest();
  const Person bob = net.person("bob");
  for (const Item& foreign : {Item(other.charter), Item(other.founding), Item(other.token().grant),
                              Item(other.invite(bob, other.founder)),
                              Item(other.revoke(bob.identity.public_key().bytes, kNow))}) {
    const AddOutcome outcome = roster.add(foreign, kNow);
    CHECK(outcome.result == AddResult::invalid);
    CHECK(outcome.fault == ItemFault::other_network);
  }
  // Signed by a stranger who claims to be the admin: the short id fits, the signature does not.
  const crypto::AdminKey stranger = crypto::AdminKey::generate(net.rng);
  GrantTerms terms = net.token().grant.terms();
  const Grant forged = Grant::rebuild(terms, Grant::make(terms, stranger).record().signature);
  CHECK(roster.add(forged, kNow).fault == ItemFault::bad_signature);
  CHECK(roster.add(forged, kNow).fault == ItemFault::bad_signature);  // from memory
  CHECK(roster.add_item(as_bytes("d1:cdee"), kNow).fault == ItemFault::malformed);
  CHECK(roster.digest() == before);
}

TEST_CASE("roster: a forged presence does not keep the true one out") {
  TestNetwork net;
  Roster roster = net.roster();
  const Presence good = TestNetwork::presence(net.founder, 5, "20.0.1.7:4000");
  SignedRecord record = good.record();
  record.signature[3] ^= 1;
  const auto forged = Presence::parse(record.encode());
  REQUIRE(forged);
  CHECK(roster.add(*forged, kNow).fault == ItemFault::bad_signature);
  CHECK(roster.add(good, kNow).result == AddResult::added);
}

TEST_CASE("roster: the newest presence counts") {
  TestNetwork net;
  Roster roster = net.roster();
  const MemberId id = net.founder.id();
  const auto add = [&](std::int64_t sequence, std::string_view at) {
    return roster.add(TestNetwork::presence(net.founder, sequence, at), kNow);
  };
  const AddOutcome first = add(10, "20.0.1.7:4000");
  CHECK(first.change.presence);
  CHECK(first.change.renamed.empty());
  CHECK(roster.find(id)->endpoints == std::vector<Endpoint>{endpoint("20.0.1.7:4000")});
  CHECK(add(9, "20.0.9.9:4000").result == AddResult::known);
  CHECK(add(10, "20.0.9.9:4000").result == AddResult::known);
  CHECK(add(11, "20.0.1.8:4000").result == AddResult::added);
  CHECK(roster.find(id)->endpoints == std::vector<Endpoint>{endpoint("20.0.1.8:4000")});
  CHECK(roster.find(id)->presence_sequence == 11);

  Person renamed = net.person("boss");
  renamed.identity = net.founder.identity.clone();
  const AddOutcome rename = roster.add(TestNetwork::presence(renamed, 12, "20.0.1.8:4000"), kNow);
  CHECK(rename.change.renamed == std::vector<MemberId>{id});
  CHECK(roster.find(id)->name == "boss");
}

TEST_CASE("roster: equal names get numbers; a name in the grant is kept") {
  TestNetwork net;
  Roster roster = net.roster();
  const Person first = net.person("bob");
  const Person second = net.person("Bob");
  roster.add(net.invite(first, net.founder, after(kNow, 1)), kNow);
  roster.add(net.invite(second, net.founder, after(kNow, 2)), kNow);
  CHECK(roster.find(first.id())->name == "bob");
  CHECK(roster.find(second.id())->name == "Bob-2");
  // A presence with the wished name does not rename anybody, again and again.
  CHECK(roster.add(TestNetwork::presence(second, 1, "20.0.0.1:1"), kNow).change.renamed.empty());
  CHECK(roster.find(second.id())->name == "Bob-2");

  const Token named =
      net.token({.uses = 1, .not_after = after(kNow, kDay), .name = "printer", .address = {}});
  const Person third = net.person("epson");
  roster.add(TestNetwork::witnessed(named, third, net.founder), kNow);
  CHECK(roster.find(third.id())->name == "printer");
  roster.add(TestNetwork::presence(third, 1, "20.0.0.1:1"), kNow);
  CHECK(roster.find(third.id())->name == "printer");
}

TEST_CASE("roster: an address in the grant is honoured, and moves whoever had it by chance") {
  TestNetwork net(1, "10.77.0.0/29");
  Roster roster = net.roster();
  const IpAddress taken = *roster.find(net.founder.id())->ipv4;
  const Token token =
      net.token({.uses = 1, .not_after = after(kNow, kDay), .name = {}, .address = taken});
  const Person bob = net.person("bob");
  const AddOutcome outcome = roster.add(TestNetwork::witnessed(token, bob, net.founder), kNow);
  CHECK(roster.find(bob.id())->ipv4 == taken);
  CHECK(outcome.change.readdressed == std::vector<MemberId>{net.founder.id()});
  CHECK(roster.find(net.founder.id())->ipv4 != taken);
}

TEST_CASE("roster: of two that clash the later admitted moves, whoever was heard of first") {
  TestNetwork net(1, "10.77.0.0/29");
  std::vector<Membership> memberships;
  for (int i = 0; i < 5; ++i) {
    memberships.push_back(
        net.invite(net.person("p" + std::to_string(i)), net.founder, after(kNow, i)));
  }
  Roster forwards = net.roster();
  Roster backwards = net.roster();
  std::size_t moved = 0;
  for (std::size_t i = 0; i < memberships.size(); ++i) {
    CHECK(forwards.add(memberships[i], kNow).change.readdressed.empty());
    const Membership& late = memberships[memberships.size() - 1 - i];
    const RosterChange change = backwards.add(late, kNow).change;
    CHECK_FALSE(contains(change.readdressed, net.founder.id()));
    moved += change.readdressed.size();
  }
  CHECK(moved > 0);  // six hosts for six members: there are clashes
  REQUIRE(forwards.members().size() == 6);
  for (const Member& member : forwards.members()) {
    CHECK(backwards.find(member.id)->ipv4 == member.ipv4);
  }
  // The seventh finds the subnet full.
  const Person last = net.person("last");
  forwards.add(net.invite(last, net.founder, after(kNow, 9)), kNow);
  REQUIRE(forwards.find(last.id()) != nullptr);
  CHECK_FALSE(forwards.find(last.id())->ipv4);
}

TEST_CASE("roster: a newer charter replaces the old one, and can move the whole network") {
  TestNetwork net;
  Roster roster = net.roster();
  CharterTerms terms = net.charter.terms();
  terms.version = 2;
  terms.subnet = prefix("10.99.0.0/24");
  const AddOutcome outcome = roster.add(Charter::make(terms, net.admin), kNow);
  CHECK(outcome.change.charter);
  CHECK(outcome.change.readdressed == std::vector<MemberId>{net.founder.id()});
  CHECK(terms.subnet.contains(*roster.find(net.founder.id())->ipv4));
  CHECK(roster.add(net.charter, kNow).result == AddResult::known);
  CHECK(roster.charter()->terms().version == 2);
}

TEST_CASE("roster: an admin can be added, and all that it signed goes with it again") {
  TestNetwork net;
  Roster roster = net.roster();
  const crypto::AdminKey second = crypto::AdminKey::generate(net.rng);
  Token token = net.token();
  token.grant = Grant::make(token.grant.terms(), second);
  const Person bob = net.person("bob");
  const Membership membership = TestNetwork::witnessed(token, bob, net.founder);
  const AddOutcome early = roster.add(membership, kNow);
  CHECK(early.result == AddResult::needs_links);
  CHECK(early.wanted == std::vector<ItemKey>{charter_key(net.id())});

  CharterTerms terms = net.charter.terms();
  terms.version = 2;
  terms.admins.push_back(second.public_key());
  const AddOutcome listed = roster.add(Charter::make(terms, net.admin), kNow);
  CHECK(listed.change.admitted == std::vector<MemberId>{bob.id()});
  CHECK(roster.add(token.grant, kNow).result == AddResult::added);

  terms.version = 3;
  terms.admins.pop_back();
  const AddOutcome unlisted = roster.add(Charter::make(terms, net.admin), kNow);
  CHECK(unlisted.change.removed == std::vector<MemberId>{bob.id()});
  CHECK(roster.item(grant_key(token.grant.terms().invite)) == nullptr);
}

TEST_CASE("roster: a revoked member is out for good") {
  TestNetwork net;
  Roster roster = net.roster();
  const Person bob = net.person("bob");
  const Membership membership = net.invite(bob, net.founder);
  roster.add(membership, kNow);
  CHECK(roster.standing(membership) == Standing::admitted);
  const Revocation revocation = net.revoke(bob.identity.public_key().bytes, after(kNow, 60));
  const AddOutcome outcome = roster.add(revocation, kNow);
  CHECK(outcome.change.removed == std::vector<MemberId>{bob.id()});
  CHECK(roster.standing(membership) == Standing::revoked);
  CHECK(roster.find_by_noise_key(bob.noise.public_key()) == nullptr);
  roster.add(membership, kNow);
  CHECK(roster.find(bob.id()) == nullptr);

  // Nobody but an admin can revoke.
  SignedRecord record = net.revoke(net.founder.identity.public_key().bytes, kNow).record();
  record.signature = revocation.record().signature;
  CHECK(roster.add(*Revocation::parse(record.encode()), kNow).fault == ItemFault::bad_signature);
  CHECK(roster.find(net.founder.id()) != nullptr);
}

TEST_CASE("roster: what becomes of an invite") {
  TestNetwork net;
  Roster roster = net.roster();
  const Token token = net.token(2);
  const auto state = [&](UnixTime now) { return roster.invites(now).at(0).state; };
  CHECK(roster.invites(kNow).empty());
  CHECK_FALSE(roster.has_open_invite(kNow));
  const AddOutcome granted = roster.add(token.grant, kNow);
  CHECK(granted.change.invites);
  CHECK(state(kNow) == InviteState::open);
  CHECK(roster.has_open_invite(kNow));
  CHECK(state(after(kNow, kDay + 1)) == InviteState::expired);

  const Person bob = net.person("bob");
  const Person carol = net.person("carol");
  roster.add(TestNetwork::witnessed(token, carol, net.founder, after(kNow, 2)), kNow);
  CHECK(state(kNow) == InviteState::open);
  roster.add(TestNetwork::witnessed(token, bob, net.founder, after(kNow, 1)), kNow);
  CHECK(state(kNow) == InviteState::used_up);
  CHECK(roster.invites(kNow).at(0).claimed_by == std::vector<MemberId>{bob.id(), carol.id()});
  CHECK(roster.invites(kNow).at(0).id == token.grant.id());
  CHECK_FALSE(roster.has_open_invite(kNow));

  const RosterChange revoked =
      roster.add(net.revoke(token.grant.terms().invite.bytes, after(kNow, 9)), kNow).change;
  CHECK(revoked.removed.empty());  // who is in stays in
  CHECK(state(kNow) == InviteState::revoked);
  CHECK(roster.members().size() == 3);
}

TEST_CASE("roster: a claim that was witnessed after the invite's revocation is void") {
  TestNetwork net;
  Roster roster = net.roster();
  const Token token = net.token(2);
  const Person bob = net.person("bob");
  const Person late = net.person("late");
  const Membership in_time = TestNetwork::witnessed(token, bob, net.founder, after(kNow, 5));
  const Membership too_late = TestNetwork::witnessed(token, late, net.founder, after(kNow, 6));
  roster.add(in_time, kNow);
  CHECK(roster.add(too_late, kNow).change.admitted == std::vector<MemberId>{late.id()});
  const AddOutcome outcome =
      roster.add(net.revoke(token.grant.terms().invite.bytes, after(kNow, 5)), kNow);
  CHECK(outcome.change.removed == std::vector<MemberId>{late.id()});
  CHECK(roster.add(too_late, kNow).fault == ItemFault::revoked);
  CHECK(roster.standing(too_late) == Standing::revoked);
  CHECK(roster.find(bob.id()) != nullptr);
}

TEST_CASE("roster: expired grants leave the digest, later the list") {
  TestNetwork net;
  Roster roster = net.roster();
  const Digest without = roster.digest();
  const Token token = net.token();
  roster.add(token.grant, kNow);
  CHECK(roster.digest() != without);
  CHECK(roster.expire(after(kNow, kDay)).is_empty());
  CHECK(roster.expire(after(kNow, kDay + 301)).invites);
  CHECK(roster.digest() == without);
  CHECK(roster.invites(after(kNow, kDay + 301)).size() == 1);
  CHECK(roster.expire(after(kNow, kDay + 302)).is_empty());
  CHECK(roster.add(token.grant, after(kNow, kDay + 301)).result == AddResult::known);
  CHECK(roster.expire(after(kNow, 9 * kDay)).invites);
  CHECK(roster.invites(after(kNow, 9 * kDay)).empty());
  const AddOutcome late = roster.add(token.grant, after(kNow, 9 * kDay));
  CHECK(late.fault == ItemFault::expired);
}
