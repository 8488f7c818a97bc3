// SPDX-License-Identifier: Apache-2.0
// Chains of witnesses: out of order, too long, in a circle, broken by a revocation.
#include <algorithm>

#include "tests/unit/network/network_fixture.h"

using namespace lanyard;
using namespace lanyard::network;

namespace {

// founder <- p1 <- p2 <- … : each invited on its own, witnessed by the one before.
struct Chain {
  TestNetwork net;
  std::vector<Person> people;
  std::vector<Membership> links;

  explicit Chain(std::size_t length) {
    const Token token = net.token(1000);
    people.reserve(length);
    for (std::size_t i = 0; i < length; ++i) {
      people.push_back(net.person("p" + std::to_string(i + 1)));
      const Person& witness = i == 0 ? net.founder : people[i - 1];
      links.push_back(TestNetwork::witnessed(token, people[i], witness,
                                             after(kNow, static_cast<std::int64_t>(i))));
    }
  }
};

}  // namespace

TEST_CASE("chain: links that come last first are admitted when the first comes") {
  Chain chain(5);
  Roster roster = chain.net.roster();
  for (std::size_t i = chain.links.size(); i-- > 1;) {
    const AddOutcome outcome = roster.add(chain.links[i], kNow);
    CHECK(outcome.result == AddResult::needs_links);
    CHECK(outcome.wanted == std::vector<ItemKey>{membership_key(chain.people[i - 1].id())});
    CHECK(roster.standing(chain.links[i]) == Standing::incomplete);
    CHECK(roster.add(chain.links[i], kNow).wanted == outcome.wanted);
  }
  CHECK(roster.pending() == 4);
  const AddOutcome last = roster.add(chain.links[0], kNow);
  CHECK(last.result == AddResult::added);
  CHECK(last.change.admitted.size() == 5);
  CHECK(last.change.accepted.size() == 5);
  CHECK(roster.pending() == 0);
}

TEST_CASE("chain: everything waits for the charter, presences for their member") {
  Chain chain(2);
  Roster roster(chain.net.id());
  const auto needs = [&roster](const Item& item, const ItemKey& wanted) {
    const AddOutcome outcome = roster.add(item, kNow);
    CHECK(outcome.result == AddResult::needs_links);
    CHECK(outcome.wanted == std::vector<ItemKey>{wanted});
  };
  const ItemKey charter = charter_key(chain.net.id());
  const Token token = chain.net.token();
  needs(TestNetwork::presence(chain.people[1], 5, "20.0.1.7:4000"),
        membership_key(chain.people[1].id()));
  needs(chain.links[1], charter);
  needs(chain.links[0], charter);
  needs(chain.net.founding, charter);
  needs(token.grant, charter);
  needs(chain.net.revoke(chain.net.person("x").identity.public_key().bytes, kNow), charter);
  CHECK(roster.members().empty());
  const AddOutcome outcome = roster.add(chain.net.charter, kNow);
  CHECK(outcome.change.accepted.size() == 7);
  CHECK(roster.members().size() == 3);
  CHECK(roster.find(chain.people[1].id())->endpoints.size() == 1);
}

TEST_CASE("chain: what another needs to check a member, in an order that needs no waiting") {
  Chain chain(4);
  Roster roster = chain.net.roster();
  for (const Membership& link : chain.links) roster.add(link, kNow);
  Roster newcomer(chain.net.id());
  const std::vector<Buffer> items = roster.chain_items(chain.people[3].id());
  CHECK(items.size() == 6);
  for (const Buffer& item : items) CHECK(newcomer.add_item(item, kNow).result == AddResult::added);
  CHECK(newcomer.find(chain.people[3].id()) != nullptr);
  CHECK(roster.chain_items(chain.net.person("x").id()).empty());
}

TEST_CASE("chain: 64 links are followed, 65 are not") {
  Chain chain(kMaxChain + 1);
  Roster roster = chain.net.roster();
  for (std::size_t i = 0; i < kMaxChain; ++i) {
    CHECK(roster.add(chain.links[i], kNow).result == AddResult::added);
  }
  CHECK(roster.add(chain.links[kMaxChain], kNow).fault == ItemFault::broken_chain);

  Roster backwards = chain.net.roster();
  for (std::size_t i = chain.links.size(); i-- > 0;) backwards.add(chain.links[i], kNow);
  CHECK(backwards.members().size() == kMaxChain + 1);
  CHECK(backwards.digest() == roster.digest());
}

TEST_CASE("chain: nobody is its own witness, nor two each other's") {
  TestNetwork net;
  Roster roster = net.roster();
  const Person bob = net.person("bob");
  const Person carol = net.person("carol");
  const Membership self = net.invite(bob, bob);
  CHECK(roster.add(self, kNow).result == AddResult::invalid);
  CHECK(roster.standing(self) == Standing::invalid);

  CHECK(roster.add(net.invite(bob, carol), kNow).result == AddResult::needs_links);
  const AddOutcome closing = roster.add(net.invite(carol, bob), kNow);
  CHECK(closing.result == AddResult::invalid);
  CHECK(closing.fault == ItemFault::broken_chain);
  CHECK(roster.members().size() == 1);
}

TEST_CASE("chain: among witnesses for one member the one nearer to the founder counts") {
  TestNetwork net;
  const Person alice = net.person("alice");
  const Person bob = net.person("bob");
  const Token token = net.token(9);
  const Membership alice_in = TestNetwork::witnessed(token, alice, net.founder, after(kNow, 5));
  const Membership near = TestNetwork::witnessed(token, bob, net.founder, after(kNow, 9));
  const Membership far = TestNetwork::witnessed(token, bob, alice, after(kNow, 7));
  // Alice's own word about herself, by way of Bob: can never close a circle.
  const Membership circle = TestNetwork::witnessed(token, alice, bob, kNow);
  std::vector<Item> items = {alice_in, near, far, circle};
  std::optional<Digest> digest;
  for (int round = 0; round < 12; ++round) {
    Roster roster = net.roster();
    for (std::size_t i = items.size(); i > 1; --i) std::swap(items[i - 1], items[net.rng.below(i)]);
    for (const Item& item : items) roster.add(item, kNow);
    for (const Item& item : items) roster.add(item, kNow);  // gossip brings everything again
    CHECK(roster.members().size() == 3);
    CHECK(roster.membership(bob.id())->encode() == near.encode());
    CHECK(roster.membership(alice.id())->encode() == alice_in.encode());
    if (!digest) digest = roster.digest();
    CHECK(roster.digest() == *digest);
  }
}

TEST_CASE("chain: with a revoked witness all that rests on it is out, until someone else vouches") {
  Chain chain(3);
  Roster roster = chain.net.roster();
  for (const Membership& link : chain.links) roster.add(link, kNow);
  const AddOutcome outcome = roster.add(
      chain.net.revoke(chain.people[0].identity.public_key().bytes, after(kNow, kDay)), kNow);
  CHECK(outcome.change.removed.size() == 3);
  CHECK(roster.members().size() == 1);
  CHECK(roster.add(chain.links[1], kNow).fault == ItemFault::revoked);
  CHECK(roster.standing(chain.links[1]) == Standing::revoked);

  const Invitation& second = *chain.links[1].invitation();
  const Membership again = Membership::invited(
      second.grant, second.claim,
      Witness::make(second.claim, second.witness.time(), chain.net.founder.identity));
  CHECK(roster.add(again, kNow).result == AddResult::added);
  CHECK(roster.add(chain.links[2], kNow).result == AddResult::added);
  CHECK(roster.members().size() == 3);
}

TEST_CASE("chain: what waits is bounded, and the oldest goes") {
  TestNetwork net;
  Roster roster = net.roster();
  const Person absent = net.person("absent");
  for (std::size_t i = 0; i < kMaxPending + 10; ++i) {
    const Person each = net.person("p");
    CHECK(roster.add(TestNetwork::presence(each, 1, "20.0.0.1:1"), kNow).result ==
          AddResult::needs_links);
  }
  CHECK(roster.pending() == kMaxPending);
  CHECK(roster.members().size() == 1);
}
