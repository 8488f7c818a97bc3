// SPDX-License-Identifier: Apache-2.0
// The roster as it is kept in the state file: whole, torn, altered and invented.
#include "tests/unit/network/network_fixture.h"

using namespace lanyard;
using namespace lanyard::network;

namespace {

Roster small_roster(TestNetwork& net) {
  Roster roster = net.roster();
  const Person bob = net.person("bob");
  const Person carol = net.person("carol");
  roster.add(net.invite(bob, net.founder), kNow);
  roster.add(net.invite(carol, bob, after(kNow, 1)), after(kNow, 1));
  roster.add(TestNetwork::presence(carol, 5, "20.0.1.7:4000"), kNow);
  roster.add(net.token().grant, kNow);
  roster.add(net.revoke(net.person("gone").identity.public_key().bytes, kNow), kNow);
  return roster;
}

}  // namespace

TEST_CASE("roster file: all comes back") {
  TestNetwork net;
  const Roster roster = small_roster(net);
  const Buffer state = roster.encode();
  const auto back = Roster::decode(state);
  REQUIRE(back);
  CHECK(back->network() == net.id());
  CHECK(back->digest() == roster.digest());
  CHECK(back->encode() == state);
  REQUIRE(back->members().size() == 3);
  for (std::size_t i = 0; i < 3; ++i) {
    CHECK(back->members()[i].id == roster.members()[i].id);
    CHECK(back->members()[i].name == roster.members()[i].name);
    CHECK(back->members()[i].ipv4 == roster.members()[i].ipv4);
    CHECK(back->members()[i].endpoints == roster.members()[i].endpoints);
  }
  CHECK(back->has_open_invite(kNow));
}

TEST_CASE("roster file: of a network that is only just being joined") {
  TestNetwork net;
  const auto back = Roster::decode(Roster(net.id()).encode());
  REQUIRE(back);
  CHECK(back->network() == net.id());
  CHECK(back->charter() == nullptr);
  CHECK(back->members().empty());
}

TEST_CASE("roster file: torn or altered it is an error") {
  TestNetwork net;
  const Buffer state = small_roster(net).encode();
  for (std::size_t n = 0; n < state.size(); ++n) {
    CHECK_FALSE(Roster::decode(Bytes(state).first(n)));
  }
  Buffer flipped = state;
  for (std::size_t bit = 0; bit < state.size() * 8; ++bit) {
    const auto mask = static_cast<std::uint8_t>(1U << bit % 8);
    flipped[bit / 8] ^= mask;
    const auto decoded = Roster::decode(flipped);
    REQUIRE_FALSE(decoded);
    CHECK(decoded.error().code == Errc::corrupt);
    flipped[bit / 8] ^= mask;
  }
  Buffer longer = state;
  longer.push_back(0);
  CHECK_FALSE(Roster::decode(longer));
}

TEST_CASE("roster file: a right checksum over nonsense is an error too") {
  const auto sealed = [](std::string_view inner) {
    const crypto::Hash256 hash = crypto::blake2b_256({as_bytes(inner)});
    bencode::Writer out;
    out.begin_dict().string("b", inner).string("h", Bytes(hash).first(16)).end();
    return Roster::decode(out.take());
  };
  const std::string id = "1:i16:0123456789abcdef";
  CHECK(sealed("d1:gle" + id + "1:mle1:ple1:rlee"));
  for (const std::string& inner :
       {std::string(), std::string("de"), std::string("le"), "d" + id + "e",
        "d1:gle" + id + "1:mle1:plee", "d1:gle" + id + "1:ml1:xe1:ple1:rlee",
        "d1:gle" + id + "1:ml1:xi-1ee1:ple1:rlee", "d1:gli1ee" + id + "1:mle1:ple1:rlee",
        "d1:c1:x1:gle" + id + "1:mle1:ple1:rlee",
        std::string("d1:gle1:i15:0123456789abcde1:mle1:ple1:rlee")}) {
    CAPTURE(inner);
    CHECK_FALSE(sealed(inner));
  }
  CHECK_FALSE(sealed(std::string(300, 'l') + std::string(300, 'e')));
}
