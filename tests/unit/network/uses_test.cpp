// SPDX-License-Identifier: Apache-2.0
// Invites that are claimed more often than they allow, and rosters that must agree on it.
#include <algorithm>

#include "tests/unit/network/network_fixture.h"

using namespace lanyard;
using namespace lanyard::network;

namespace {

void shuffle(std::vector<Item>& items, Rng& rng) {
  for (std::size_t i = items.size(); i > 1; --i) std::swap(items[i - 1], items[rng.below(i)]);
}

struct View {
  std::vector<MemberId> ids;
  std::vector<std::string> names;
  std::vector<std::optional<IpAddress>> addresses;
  Digest digest{};

  explicit View(const Roster& roster) : digest(roster.digest()) {
    for (const Member& member : roster.members()) {
      ids.push_back(member.id);
      names.push_back(member.name);
      addresses.push_back(member.ipv4);
    }
  }
  bool operator==(const View&) const = default;
};

}  // namespace

TEST_CASE("uses: of two claims on one use the earlier witnessed wins, also if it comes later") {
  TestNetwork net;
  Roster roster = net.roster();
  const Token token = net.token(1);
  const Person bob = net.person("bob");
  const Person carol = net.person("carol");
  const Membership later = TestNetwork::witnessed(token, bob, net.founder, after(kNow, 20));
  const Membership earlier = TestNetwork::witnessed(token, carol, net.founder, after(kNow, 10));
  roster.add(later, after(kNow, 20));
  CHECK(roster.standing(later) == Standing::admitted);
  const AddOutcome outcome = roster.add(earlier, after(kNow, 3600));
  CHECK(outcome.change.admitted == std::vector<MemberId>{carol.id()});
  CHECK(outcome.change.removed == std::vector<MemberId>{bob.id()});
  CHECK(roster.standing(later) == Standing::used_up);
  CHECK(roster.invites(kNow).at(0).claimed_by == std::vector<MemberId>{carol.id()});
}

TEST_CASE("uses: what has been in force for a day is final") {
  TestNetwork net;
  Roster roster = net.roster();
  const Token token = net.token(1);
  const Person owner = net.person("owner");
  const Person thief = net.person("thief");
  roster.add(TestNetwork::witnessed(token, owner, net.founder, after(kNow, 20)), kNow);
  const Membership stolen = TestNetwork::witnessed(token, thief, net.founder, after(kNow, 10));
  const AddOutcome outcome = roster.add(stolen, after(kNow, kDay + 1));
  CHECK(outcome.result == AddResult::added);
  CHECK(outcome.change.removed.empty());
  CHECK(roster.standing(stolen) == Standing::used_up);
  // Also after a restart.
  const auto restarted = Roster::decode(roster.encode());
  REQUIRE(restarted);
  CHECK(View(*restarted) == View(roster));
}

TEST_CASE("uses: rosters agree whatever the order in which they hear of everything") {
  TestNetwork net(7, "10.77.0.0/28");
  std::vector<Item> items = {net.charter, net.founding};
  std::vector<Person> people;
  people.reserve(12);
  const Token two = net.token(2);
  const Token one = net.token(1);
  for (int i = 0; i < 10; ++i) {
    people.push_back(net.person(i % 2 == 0 ? "node" : "box"));
    const Person& witness = i < 3 ? net.founder : people[static_cast<std::size_t>(i) - 3];
    const UnixTime time = after(kNow, 100 - i);
    if (i % 3 == 2) {
      items.push_back(TestNetwork::witnessed(i < 6 ? two : one, people.back(), witness, time));
    } else {
      items.push_back(net.invite(people.back(), witness, time));
    }
    items.push_back(TestNetwork::presence(people.back(), 5 + i, "20.0.0.1:4000"));
  }
  items.push_back(TestNetwork::witnessed(one, net.person("extra"), net.founder, after(kNow, 3)));
  items.push_back(TestNetwork::witnessed(two, net.person("extra"), net.founder, after(kNow, 2)));
  items.push_back(two.grant);
  items.push_back(net.revoke(people[4].identity.public_key().bytes, kNow));

  std::optional<View> expected;
  for (int round = 0; round < 8; ++round) {
    shuffle(items, net.rng);
    Roster roster(net.id());
    // Heard of over hours: as long as it is within a day, that plays no part.
    for (const Item& item : items) {
      roster.add(item, after(kNow, static_cast<std::int64_t>(net.rng.below(kDay))));
    }
    CHECK(roster.pending() <= 1);  // the presence of one whose witness was revoked
    if (!expected) expected = View(roster);
    CHECK(View(roster) == *expected);
  }
  CHECK(expected->ids.size() > 6);
}

TEST_CASE("uses: a revoked member's use is not given to another") {
  TestNetwork net;
  Roster roster = net.roster();
  const Token token = net.token(1);
  const Person bob = net.person("bob");
  roster.add(TestNetwork::witnessed(token, bob, net.founder, after(kNow, 1)), kNow);
  roster.add(net.revoke(bob.identity.public_key().bytes, after(kNow, 2)), kNow);
  const Person again = net.person("bob");
  const Membership second = TestNetwork::witnessed(token, again, net.founder, after(kNow, 3));
  roster.add(second, kNow);
  CHECK(roster.standing(second) == Standing::used_up);
  CHECK(roster.invites(kNow).at(0).state == InviteState::used_up);
}

TEST_CASE("uses: one token cannot fill a roster, and the first claims are kept") {
  TestNetwork net;
  const Token token = net.token(1);
  std::vector<Item> claims;
  for (std::size_t i = 0; i < kMaxSurplusClaims + 8; ++i) {
    claims.push_back(TestNetwork::witnessed(token, net.person("x"), net.founder,
                                            after(kNow, static_cast<std::int64_t>(i))));
  }
  std::optional<View> expected;
  for (int round = 0; round < 3; ++round) {
    Roster roster = net.roster();
    for (const Item& claim : claims) roster.add(claim, kNow);
    CHECK(roster.claims(token.grant.terms().invite) == 1 + kMaxSurplusClaims);
    CHECK(roster.members().size() == 2);
    CHECK(roster.members()[1].admitted == kNow);
    if (!expected) expected = View(roster);
    CHECK(View(roster) == *expected);
    shuffle(claims, net.rng);
  }
}
