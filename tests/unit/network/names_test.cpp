// SPDX-License-Identifier: Apache-2.0
#include "core/network/name.h"
#include "tests/unit/network/network_fixture.h"

using namespace lanyard;
using namespace lanyard::network;

TEST_CASE("names: letters, digits and some signs, beginning with a letter or digit") {
  for (const char* good : {"a", "7", "alice", "Alice-2", "a.b_c-d", "0x"}) {
    CAPTURE(good);
    CHECK(is_network_name(good));
    CHECK(is_member_name(good));
    CHECK(check_member_name(good));
  }
  for (const char* bad : {"", "-a", ".a", "_a", "a b", "a/b", "ä", "a\n", "a\x1b[2J"}) {
    CAPTURE(bad);
    CHECK_FALSE(is_network_name(bad));
    CHECK_FALSE(is_member_name(bad));
    CHECK_FALSE(check_network_name(bad));
  }
  CHECK_FALSE(is_member_name(std::string_view("a\0b", 3)));
  CHECK(is_network_name(std::string(32, 'n')));
  CHECK_FALSE(is_network_name(std::string(33, 'n')));
  CHECK(is_member_name(std::string(63, 'n')));
  CHECK_FALSE(is_member_name(std::string(64, 'n')));
}

TEST_CASE("names: any host name becomes a valid one") {
  CHECK(to_member_name("alice") == "alice");
  CHECK(to_member_name("alice.example.org") == "alice");
  CHECK(to_member_name("-my host!") == "my-host");
  CHECK(to_member_name("") == "node");
  CHECK(to_member_name("...") == "node");
  CHECK(to_member_name("\xc3\xa4\xc3\xb6") == "node");
  CHECK(to_member_name(std::string(200, 'x')) == std::string(63, 'x'));
  SeededRng rng(3);
  for (int i = 0; i < 500; ++i) {
    Buffer noise(rng.below(90));
    rng.fill(noise);
    CHECK(is_member_name(to_member_name(as_text(noise))));
  }
}

TEST_CASE("names: equal ones are told apart in order, whatever their case") {
  CHECK(distinct_names({"bob", "alice", "Bob", "bob"}) ==
        std::vector<std::string>{"bob", "alice", "Bob-2", "bob-3"});
  CHECK(distinct_names({"bob-2", "bob", "bob"}) ==
        std::vector<std::string>{"bob-2", "bob", "bob-3"});
  CHECK(distinct_names({"bob", "bob", "bob-2"}) ==
        std::vector<std::string>{"bob", "bob-2", "bob-2-2"});
  const std::string longest(63, 'x');
  const auto names = distinct_names({longest, longest});
  CHECK(names[1] == std::string(61, 'x') + "-2");
}

TEST_CASE("identifiers: of different kinds and keys they differ") {
  SeededRng rng(4);
  const auto bytes = rng.array<32>();
  const crypto::AdminPublicKey admin{bytes};
  const crypto::IdentityPublicKey identity{bytes};
  CHECK(network_id(admin).bytes != member_id(identity).bytes);
  CHECK(network_id(admin).to_hex().size() == 32);
  CHECK(member_id(identity) == member_id(identity));
  CHECK(invite_id({bytes}) != invite_id({rng.array<32>()}));
  CHECK_FALSE(NetworkId::from_bytes(Bytes(bytes).first(15)));
}

TEST_CASE("access: doors, networks and hours have keys of their own") {
  SeededRng rng(5);
  const NetworkSecret secret = NetworkSecret::random(rng);
  const AccessKeys member(secret, Scope::member);
  const AccessKeys join(secret, Scope::join);
  const AccessKeys joiner(join_secret(secret));
  CHECK(equal(join.psk().bytes(), joiner.psk().bytes()));
  CHECK(equal(join.mac_key().bytes(), joiner.mac_key().bytes()));
  CHECK(equal(join.lan_key().bytes(), joiner.lan_key().bytes()));
  CHECK_FALSE(equal(member.psk().bytes(), join.psk().bytes()));
  CHECK_FALSE(equal(member.mac_key().bytes(), join.mac_key().bytes()));
  CHECK_FALSE(equal(member.cookie_key().bytes(), member.mac_key().bytes()));
  CHECK(joiner.scope() == Scope::join);

  const RendezvousHour hour = RendezvousHour::of(kNow);
  CHECK(hour.number == 500'000);
  CHECK(RendezvousHour::of(after(kNow, 3599)).number == hour.number);
  CHECK(RendezvousHour::of(after(kNow, 3600)).number == hour.next().number);
  CHECK(RendezvousHour::of({-5}).number == 0);
  CHECK(join.rendezvous(hour) == joiner.rendezvous(hour));
  CHECK(join.rendezvous(hour) != join.rendezvous(hour.next()));
  CHECK(join.rendezvous(hour) != member.rendezvous(hour));
}
