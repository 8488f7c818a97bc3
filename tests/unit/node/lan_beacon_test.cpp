// SPDX-License-Identifier: Apache-2.0
#include "core/node/lan_beacon.h"

#include <limits>

#include <doctest/doctest.h>

#include "core/base/bencode.h"
#include "core/crypto/aead.h"
#include "tests/unit/node/damage.h"

namespace lanyard::node::test {

namespace {

constexpr UnixTime kTime{1'800'000'000};
constexpr std::array<std::uint8_t, 1> kType = {0xe7};

struct Keys {
  explicit Keys(std::uint64_t seed)
      : rng(seed),
        secret(network::NetworkSecret::random(rng)),
        member(secret, network::Scope::member),
        join(secret, network::Scope::join),
        identity(crypto::IdentityKey::generate(rng)) {}

  // A beacon of this plaintext, as somebody with the key could make it.
  Buffer sealed(Bytes plain) {
    Buffer out = to_buffer(kType);
    append(out, crypto::seal_box(member.lan_key(), rng, kType, plain));
    return out;
  }
  // A member's beacon whose signature is over another port or time than it says, or not.
  Buffer signed_over(std::int64_t port, std::int64_t signed_port, std::int64_t signed_time) {
    bencode::Writer part;
    const Buffer body =
        part.begin_dict().integer("p", signed_port).integer("t", signed_time).end().take();
    bencode::Writer out;
    out.begin_dict().string("e", identity.public_key().bytes).integer("p", port);
    out.integer("r", 0).string("s", identity.sign("beacon", body));
    return sealed(out.integer("t", kTime.seconds).end().take());
  }

  SeededRng rng;
  network::NetworkSecret secret;
  network::AccessKeys member;
  network::AccessKeys join;
  crypto::IdentityKey identity;
};

}  // namespace

TEST_CASE("beacon: a member's and a joiner's") {
  Keys keys(1);
  const auto member =
      open_beacon(keys.member, seal_beacon(keys.member, 4001, &keys.identity, kTime, keys.rng));
  REQUIRE(member);
  CHECK(member->port == 4001);
  CHECK(member->side == tunnel::Side::member);
  CHECK(member->identity == keys.identity.public_key());
  CHECK(member->time == kTime);

  const auto joiner =
      open_beacon(keys.join, seal_beacon(keys.join, 65535, nullptr, kTime, keys.rng));
  REQUIRE(joiner);
  CHECK(joiner->port == 65535);
  CHECK(joiner->side == tunnel::Side::joiner);
  CHECK_FALSE(joiner->identity);
}

TEST_CASE("beacon: only whoever has the same access secret reads it") {
  Keys keys(1);
  const Keys other(2);
  const Buffer beacon = seal_beacon(keys.member, 4001, &keys.identity, kTime, keys.rng);
  CHECK_FALSE(open_beacon(other.member, beacon));
  CHECK_FALSE(open_beacon(keys.join, beacon));
  // A joiner, who has no more than the join secret, opens the newcomers' door.
  const network::AccessKeys from_token(network::join_secret(keys.secret));
  CHECK(open_beacon(from_token, seal_beacon(keys.join, 1, nullptr, kTime, keys.rng)));
  // Two of the same are not alike on the wire.
  CHECK(beacon != seal_beacon(keys.member, 4001, &keys.identity, kTime, keys.rng));
}

TEST_CASE("beacon: nothing of it can be changed") {
  Keys keys(1);
  const Buffer beacon = seal_beacon(keys.member, 4001, &keys.identity, kTime, keys.rng);
  each_prefix(beacon, [&](Bytes prefix) { CHECK_FALSE(open_beacon(keys.member, prefix)); });
  each_flip(beacon, [&](Bytes flipped) { CHECK_FALSE(open_beacon(keys.member, flipped)); });
  Buffer longer = beacon;
  longer.push_back(0);
  CHECK_FALSE(open_beacon(keys.member, longer));
}

TEST_CASE("beacon: a signature of something else") {
  Keys keys(1);
  CHECK(open_beacon(keys.member, keys.signed_over(4001, 4001, kTime.seconds)));
  CHECK_FALSE(open_beacon(keys.member, keys.signed_over(4001, 4002, kTime.seconds)));
  CHECK_FALSE(open_beacon(keys.member, keys.signed_over(4001, 4001, kTime.seconds + 1)));
}

TEST_CASE("beacon: what is authentic but senseless") {
  Keys keys(1);
  const auto opens = [&](std::string_view plain) {
    return open_beacon(keys.member, keys.sealed(as_bytes(plain))).has_value();
  };
  CHECK(opens("d1:pi1e1:ri1e1:ti0ee"));
  CHECK_FALSE(opens("d1:pi0e1:ri1e1:ti0ee"));
  CHECK_FALSE(opens("d1:pi65536e1:ri1e1:ti0ee"));
  CHECK_FALSE(opens("d1:pi99999999999999999999e1:ri1e1:ti0ee"));
  CHECK_FALSE(opens("d1:pi1e1:ri2e1:ti0ee"));
  CHECK_FALSE(opens("d1:pi1e1:ri-1e1:ti0ee"));
  CHECK_FALSE(opens("d1:pi1e1:ri0e1:ti0ee"));  // a member without a key
  CHECK_FALSE(opens("d1:pi1e1:ri1ee"));
  CHECK_FALSE(opens("d1:ri1e1:ti0ee"));
  CHECK_FALSE(opens("de"));
  CHECK_FALSE(opens(""));
  CHECK_FALSE(opens(std::string(100, 'l') + std::string(100, 'e')));
  CHECK_FALSE(opens("d1:pi1e1:ri1e1:ti0e1:z400:" + std::string(400, 'z') + "e"));
}

TEST_CASE("beacon: neither of yesterday nor of tomorrow") {
  LanBeacon beacon;
  beacon.time = kTime;
  const auto fresh_at = [&](std::int64_t later) {
    return is_fresh(beacon, {kTime.seconds + later});
  };
  CHECK(fresh_at(0));
  CHECK(fresh_at(599));
  CHECK(fresh_at(-599));
  CHECK_FALSE(fresh_at(600));
  CHECK_FALSE(fresh_at(-600));
  beacon.time = {std::numeric_limits<std::int64_t>::max()};
  CHECK_FALSE(fresh_at(0));
  beacon.time = {std::numeric_limits<std::int64_t>::min()};
  CHECK_FALSE(fresh_at(0));
}

TEST_CASE("beacon: five in the first seconds, then now and then") {
  BeaconSchedule schedule(seconds(60));
  const Instant start{seconds(1000).nanoseconds};
  std::vector<std::int64_t> sent;
  const auto run = [&](std::int64_t from_ms, std::int64_t to_ms) {
    for (std::int64_t ms = from_ms; ms < to_ms; ms += 250) {
      if (schedule.take(start + milliseconds(ms))) sent.push_back(ms);
    }
  };
  run(0, 130'000);
  CHECK(sent == std::vector<std::int64_t>{0, 1000, 2000, 3000, 4000, 64'000, 124'000});
  sent.clear();
  schedule.restart();  // something changed: at once, whatever was planned
  run(130'000, 140'000);
  CHECK(sent == std::vector<std::int64_t>{130'000, 131'000, 132'000, 133'000, 134'000});
}

}  // namespace lanyard::node::test
