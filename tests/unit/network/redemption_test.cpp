// SPDX-License-Identifier: Apache-2.0
#include "core/network/redemption.h"

#include "tests/unit/network/network_fixture.h"

using namespace lanyard;
using namespace lanyard::network;

namespace {

using Answer = std::variant<Membership, Refusal>;

std::optional<RefusalCode> code(const Answer& answer) {
  const auto* const refusal = std::get_if<Refusal>(&answer);
  if (refusal == nullptr) return std::nullopt;
  return refusal->code;
}

Claim claim_of(const Token& token, const Person& who, UnixTime time = kNow) {
  return make_claim(token, who.identity, who.noise.public_key(), who.name, time);
}

Welcome welcome(const TestNetwork& net, const Membership& membership) {
  return {net.charter, membership.invitation()->witness, net.secret.clone()};
}

}  // namespace

TEST_CASE("redemption: from a token's text to a member that everyone knows") {
  TestNetwork net;
  Roster roster = net.roster();
  const Token made = net.token();
  // The member that answers has never heard of this invite.
  const auto token = Token::parse(made.to_text());
  REQUIRE(token);
  const Person bob = net.person("bob");
  Roster joiner(token->network());
  for (const Buffer& item : roster.chain_items(net.founder.id())) joiner.add_item(item, kNow);
  REQUIRE(joiner.find_by_noise_key(net.founder.noise.public_key()) != nullptr);

  const Claim claim = claim_of(*token, bob);
  const Answer answer = redeem(roster, claim, token->grant, net.founder.identity, kNow);
  REQUIRE(std::holds_alternative<Membership>(answer));
  const Membership& membership = std::get<Membership>(answer);
  CHECK(roster.add(membership, kNow).change.admitted == std::vector<MemberId>{bob.id()});

  const auto checked = check_welcome(joiner, *token, claim, welcome(net, membership), kNow);
  REQUIRE(checked);
  CHECK(checked->encode() == membership.encode());
  CHECK(joiner.find(bob.id())->ipv4 == roster.find(bob.id())->ipv4);
  CHECK(joiner.digest() == roster.digest());
}

TEST_CASE("redemption: asking again gets the same answer, and no second use") {
  TestNetwork net;
  Roster roster = net.roster();
  const Token token = net.token(1);
  const Person bob = net.person("bob");
  const Claim claim = claim_of(token, bob);
  const Answer first = redeem(roster, claim, token.grant, net.founder.identity, kNow);
  roster.add(std::get<Membership>(first), kNow);
  for (const UnixTime later : {after(kNow, 1), after(kNow, 9 * kDay)}) {
    const Answer again = redeem(roster, claim, token.grant, net.founder.identity, later);
    REQUIRE(std::holds_alternative<Membership>(again));
    CHECK(std::get<Membership>(again).encode() == std::get<Membership>(first).encode());
  }
  // The same machine with a fresh claim keeps its place.
  const Answer fresh = redeem(roster, claim_of(token, bob, after(kNow, 9)), token.grant,
                              net.founder.identity, after(kNow, 10));
  REQUIRE(std::holds_alternative<Membership>(fresh));
  roster.add(std::get<Membership>(fresh), kNow);
  CHECK(roster.standing(std::get<Membership>(fresh)) == Standing::admitted);
  CHECK(roster.claims(token.grant.terms().invite) == 1);
}

TEST_CASE("redemption: why a claim is refused") {
  TestNetwork net(1);
  TestNetwork other(2);
  Roster roster = net.roster();
  const Token token = net.token(1);
  const Person bob = net.person("bob");
  const Person carol = net.person("carol");
  const auto ask = [&](const Token& with, const Person& who, UnixTime now = kNow) {
    return redeem(roster, claim_of(with, who), with.grant, net.founder.identity, now);
  };
  CHECK_FALSE(code(ask(token, bob)));
  CHECK_FALSE(code(ask(token, bob, after(kNow, kDay))));
  CHECK(code(ask(token, bob, after(kNow, kDay + 1))) == RefusalCode::expired);
  CHECK(code(ask(other.token(), bob)) == RefusalCode::other_network);

  SUBCASE("used up") {
    roster.add(std::get<Membership>(ask(token, bob)), kNow);
    CHECK(code(ask(token, carol)) == RefusalCode::used_up);
  }
  SUBCASE("revoked invite") {
    roster.add(net.revoke(token.grant.terms().invite.bytes, kNow), kNow);
    CHECK(code(ask(token, bob)) == RefusalCode::revoked);
  }
  SUBCASE("revoked machine") {
    roster.add(net.revoke(bob.identity.public_key().bytes, kNow), kNow);
    CHECK(code(ask(token, bob)) == RefusalCode::revoked);
    CHECK_FALSE(code(ask(token, carol)));
  }
  SUBCASE("a claim by somebody else's invite") {
    const Token second = net.token();
    CHECK(code(redeem(roster, claim_of(second, bob), token.grant, net.founder.identity, kNow)) ==
          RefusalCode::invalid);
  }
  SUBCASE("a grant by no admin") {
    Token forged = net.token();
    const crypto::AdminKey stranger = crypto::AdminKey::generate(net.rng);
    forged.grant = Grant::make(forged.grant.terms(), stranger);
    CHECK(code(ask(forged, bob)) == RefusalCode::invalid);
  }
  SUBCASE("its own witness, and one who is no member") {
    CHECK(code(redeem(roster, claim_of(token, net.founder), token.grant, net.founder.identity,
                      kNow)) == RefusalCode::invalid);
    CHECK(code(redeem(roster, claim_of(token, bob), token.grant, carol.identity, kNow)) ==
          RefusalCode::invalid);
  }
}

TEST_CASE("redemption: a newcomer believes no welcome that does not fit its token") {
  TestNetwork net(1);
  TestNetwork other(2);
  const Token token = net.token(1);
  const Person bob = net.person("bob");
  const Claim claim = claim_of(token, bob);
  const auto witness = [&](const Person& by, UnixTime time = kNow) {
    return Membership::invited(token.grant, claim, Witness::make(claim, time, by.identity));
  };
  const Membership good = witness(net.founder);
  const auto refuses = [&](Welcome with) {
    Roster roster = net.roster();
    const auto checked = check_welcome(roster, token, claim, with, kNow);
    return !checked && roster.find(bob.id()) == nullptr;
  };
  CHECK_FALSE(refuses(welcome(net, good)));
  CHECK(refuses(welcome(net, witness(net.person("stranger")))));
  CHECK(refuses(welcome(net, witness(bob))));
  CHECK(refuses(welcome(net, witness(net.founder, after(kNow, kDay + 301)))));
  Welcome other_secret = welcome(net, good);
  other_secret.secret = other.secret.clone();
  CHECK(refuses(std::move(other_secret)));
  const Claim another = claim_of(token, net.person("carol"));
  CHECK(refuses(
      {net.charter, Witness::make(another, kNow, net.founder.identity), net.secret.clone()}));
  // A charter of another network, to one who has none yet.
  Roster empty(net.id());
  CHECK_FALSE(check_welcome(empty, token, claim,
                            {other.charter, good.invitation()->witness, net.secret.clone()}, kNow));
}

TEST_CASE("redemption: codes are words on the wire, and sentences for people") {
  for (const RefusalCode each : {RefusalCode::expired, RefusalCode::used_up, RefusalCode::revoked,
                                 RefusalCode::invalid, RefusalCode::other_network}) {
    CHECK(parse_refusal_code(to_text(each)) == each);
    CHECK_FALSE(to_error({each, "why"}).message.empty());
    CHECK_FALSE(to_error({each, "why"}).hint.empty());
  }
  CHECK_FALSE(parse_refusal_code(""));
  CHECK_FALSE(parse_refusal_code("Expired"));
  CHECK(to_error({RefusalCode::used_up, ""}).code == Errc::used_up);
  CHECK(to_error({RefusalCode::invalid, "too blue"}).message.ends_with("too blue"));
  CHECK(to_error({RefusalCode::invalid, "\x1b[2J"}).message == "a member refused the token");
}

TEST_CASE("redemption: a host name that is no member name is made one") {
  TestNetwork net;
  const Person bob = net.person("bob");
  const Token token = net.token();
  const auto name = [&](std::string_view wished) {
    return make_claim(token, bob.identity, bob.noise.public_key(), wished, kNow).terms().name;
  };
  CHECK(name("bob.lab") == "bob.lab");
  CHECK(name("bob's box") == "bob-s-box");
  CHECK(name("") == "node");
}
