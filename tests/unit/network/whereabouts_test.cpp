// SPDX-License-Identifier: Apache-2.0
#include "core/network/whereabouts.h"

#include <set>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "core/base/bencode.h"
#include "core/crypto/aead.h"
#include "tests/unit/network/network_fixture.h"

namespace lanyard::network {
namespace {

constexpr RendezvousHour kHour{500'000};

struct Teller {
  TestNetwork net;
  Person bob = net.person("bob");
  Person eve = net.person("eve");
  AccessKeys access{net.secret, Scope::member};

  Presence presence(std::size_t endpoints, std::string name = "bob") const {
    PresenceTerms terms{.identity = {}, .endpoints = {}, .name = std::move(name), .sequence = 7};
    for (std::size_t i = 0; i < endpoints; ++i) {
      terms.endpoints.push_back({address("2001:db8::1"), static_cast<std::uint16_t>(1000 + i)});
    }
    return Presence::make(std::move(terms), bob.identity);
  }
  Buffer seal(const Presence& presence) {
    return seal_whereabouts(access, kHour, presence, net.rng);
  }
  std::optional<Presence> open(Bytes value) const {
    return open_whereabouts(access, kHour, bob.id(), value);
  }
  // As any member could.
  Buffer seal_plaintext(Bytes plaintext) {
    Buffer context = to_buffer(bob.id().bytes);
    append(context, Bytes(std::array<std::uint8_t, 8>{0, 0, 0, 0, 0, 7, 0xa1, 0x20}));
    return bencode::Writer()
        .string(crypto::seal_box(access.item_seal_key(kHour), net.rng, context, plaintext))
        .take();
  }
  Buffer seal_record(Bytes record) {
    Buffer plaintext{static_cast<std::uint8_t>(record.size() / 256),
                     static_cast<std::uint8_t>(record.size() % 256)};
    append(plaintext, record);
    return seal_plaintext(plaintext);
  }
};

TEST_CASE("whereabouts: sealed and opened, the size is always the same, and no two are alike") {
  Teller teller;
  std::set<Buffer> values;
  for (std::size_t count = 0; count <= kMaxPresenceEndpoints; ++count) {
    for (const std::size_t name_size : {1u, 63u}) {
      const Presence presence = teller.presence(count, std::string(name_size, 'n'));
      const Buffer value = teller.seal(presence);
      CHECK(value.size() == 4 + 512);
      CHECK(values.insert(value).second);
      const auto opened = teller.open(value);
      REQUIRE(opened);
      CHECK(opened->record() == presence.record());
    }
  }
  CHECK(teller.seal(teller.presence(1)) != teller.seal(teller.presence(1)));
}

TEST_CASE("whereabouts: only for this member, hour and network") {
  Teller teller;
  const Buffer value = teller.seal(teller.presence(2));
  CHECK_FALSE(open_whereabouts(teller.access, kHour, teller.eve.id(), value));
  CHECK_FALSE(open_whereabouts(teller.access, kHour.next(), teller.bob.id(), value));
  const AccessKeys join(teller.net.secret, Scope::join);
  CHECK_FALSE(open_whereabouts(join, kHour, teller.bob.id(), value));
  const AccessKeys foreign(TestNetwork(2).secret, Scope::member);
  CHECK_FALSE(open_whereabouts(foreign, kHour, teller.bob.id(), value));
}

TEST_CASE("whereabouts: nothing comes of a part, or of one that was changed") {
  Teller teller;
  const Buffer value = teller.seal(teller.presence(2));
  for (std::size_t size = 0; size < value.size(); ++size) {
    CHECK_FALSE(teller.open(Bytes(value).first(size)));
  }
  for (std::size_t bit = 0; bit < value.size() * 8; ++bit) {
    Buffer changed = value;
    changed[bit / 8] ^= static_cast<std::uint8_t>(1U << bit % 8);
    CHECK_FALSE(teller.open(changed));
  }
  CHECK_FALSE(teller.open(as_bytes("i5e")));
  CHECK_FALSE(teller.open(as_bytes("le")));
  CHECK_FALSE(teller.open(as_bytes("0:")));
}

TEST_CASE("whereabouts: another member cannot speak for this one") {
  Teller teller;
  const Buffer record = teller.presence(2).encode();
  CHECK(teller.open(teller.seal_record(record)));
  // Eve's own, under bob's key.
  CHECK_FALSE(teller.open(
      teller.seal_record(TestNetwork::presence(teller.eve, 8, "192.0.2.7:4001").encode())));
  // Bob's, with one bit of the body or the signature changed.
  for (std::size_t bit = 0; bit < record.size() * 8; ++bit) {
    Buffer changed = record;
    changed[bit / 8] ^= static_cast<std::uint8_t>(1U << bit % 8);
    CHECK_FALSE(teller.open(teller.seal_record(changed)));
  }
}

TEST_CASE("whereabouts: what a member sealed may be nonsense all the same") {
  Teller teller;
  CHECK_FALSE(teller.open(teller.seal_plaintext({})));
  CHECK_FALSE(teller.open(teller.seal_plaintext(Buffer{0})));
  CHECK_FALSE(teller.open(teller.seal_plaintext(Buffer{0, 0})));
  CHECK_FALSE(teller.open(teller.seal_plaintext(Buffer{0, 3, 'd', 'e'})));
  CHECK_FALSE(teller.open(teller.seal_plaintext(Buffer{0xff, 0xff, 'd', 'e'})));
  CHECK_FALSE(teller.open(teller.seal_record(as_bytes("de"))));
  CHECK_FALSE(teller.open(teller.seal_record(as_bytes("le"))));
}

TEST_CASE("whereabouts: members of one network know the key of any member and hour") {
  Teller teller;
  const AccessKeys same(teller.net.secret, Scope::member);
  const AccessKeys join(teller.net.secret, Scope::join);
  std::set<crypto::ItemPublicKey> seen;
  for (const RendezvousHour hour : {kHour, kHour.next()}) {
    for (const Person* person : {&teller.bob, &teller.eve}) {
      const auto key = whereabouts_key(teller.access, hour, person->id()).public_key();
      CHECK(key == whereabouts_key(same, hour, person->id()).public_key());
      CHECK(key != whereabouts_key(join, hour, person->id()).public_key());
      CHECK(seen.insert(key).second);
    }
  }
}

}  // namespace
}  // namespace lanyard::network
