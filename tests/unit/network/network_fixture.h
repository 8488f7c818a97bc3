// SPDX-License-Identifier: Apache-2.0
// A network to test with: an admin, a founder and whoever joins, all from one seed.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "core/network/redemption.h"
#include "core/network/roster.h"
#include "core/network/token.h"

namespace lanyard::network {

inline constexpr UnixTime kNow{1'800'000'000};
inline constexpr std::int64_t kDay = 24 * 3600;

constexpr UnixTime after(UnixTime time, std::int64_t seconds) { return {time.seconds + seconds}; }

inline IpPrefix prefix(std::string_view text) { return *IpPrefix::parse(text); }
inline IpAddress address(std::string_view text) { return *IpAddress::parse(text); }
inline Endpoint endpoint(std::string_view text) { return *Endpoint::parse(text); }

// A machine's keys for one network.
struct Person {
  std::string name;
  crypto::IdentityKey identity;
  crypto::NoiseKey noise;

  MemberId id() const { return member_id(identity.public_key()); }
};

struct TestNetwork {
  explicit TestNetwork(std::uint64_t seed = 1, std::string_view subnet = "10.77.0.0/16")
      : rng(seed),
        admin(crypto::AdminKey::generate(rng)),
        secret(NetworkSecret::random(rng)),
        charter(Charter::make({.admins = {admin.public_key()},
                               .name = "lab",
                               .subnet = prefix(subnet),
                               .created = kNow,
                               .version = 1,
                               .ula_prefix = make_ula_prefix(rng)},
                              admin)),
        founder(person("founder")),
        founding(found(founder)) {}

  NetworkId id() const { return charter.network(); }

  Person person(std::string name) {
    crypto::IdentityKey identity = crypto::IdentityKey::generate(rng);
    return {std::move(name), std::move(identity), crypto::NoiseKey::generate(rng)};
  }

  Membership found(const Person& who, UnixTime time = kNow) const {
    return Membership::found({.identity = who.identity.public_key(),
                              .address = {},
                              .network = charter.network(),
                              .name = who.name,
                              .time = time,
                              .noise_key = who.noise.public_key()},
                             admin);
  }

  Token token(const InviteWish& wish) {
    auto made = make_token(charter, admin, secret, wish, {}, rng);
    REQUIRE(made);
    return *std::move(made);
  }
  Token token(std::uint32_t uses = 1) {
    return token({.uses = uses, .not_after = after(kNow, kDay), .name = {}, .address = {}});
  }

  // As a member would witness it, whether it should or not.
  static Membership witnessed(const Token& token,
                              const Person& who,
                              const Person& witness,
                              UnixTime time = kNow) {
    const Claim claim = make_claim(token, who.identity, who.noise.public_key(), who.name, time);
    return Membership::invited(token.grant, claim, Witness::make(claim, time, witness.identity));
  }
  // By an invite of its own.
  Membership invite(const Person& who, const Person& witness, UnixTime time = kNow) {
    return witnessed(token(), who, witness, time);
  }

  Revocation revoke(const RevokedKey& key, UnixTime time) const {
    return Revocation::make(id(), key, time, admin);
  }

  // Knows the charter and the founder.
  Roster roster() const {
    Roster out(id());
    CHECK(out.add(charter, kNow).result == AddResult::added);
    CHECK(out.add(founding, kNow).result == AddResult::added);
    return out;
  }

  static Presence presence(const Person& who, std::int64_t sequence, std::string_view at) {
    return Presence::make(
        {.identity = {}, .endpoints = {endpoint(at)}, .name = who.name, .sequence = sequence},
        who.identity);
  }

  SeededRng rng;
  crypto::AdminKey admin;
  NetworkSecret secret;
  Charter charter;
  Person founder;
  Membership founding;
};

// Both ends compare whole rosters and exchange what differs, until nothing moves.
inline void exchange(Roster& a, Roster& b, UnixTime now) {
  const auto send = [now](const Roster& from, Roster& to, const std::vector<ItemKey>& keys) {
    for (const ItemKey& key : keys) {
      const Buffer* const item = from.item(key);
      if (item != nullptr) to.add_item(*item, now);
    }
  };
  for (int round = 0; round < 8 && a.digest() != b.digest(); ++round) {
    std::optional<ItemKey> first = kFirstItemKey;
    while (first) {
      const HavePage page = a.have(*first);
      const auto parsed = HavePage::parse(page.first, page.last, page.pack_entries());
      REQUIRE(parsed);
      const Comparison comparison = b.compare(*parsed);
      send(b, a, comparison.send);
      send(a, b, comparison.want);
      first = page.next_first();
    }
  }
}

}  // namespace lanyard::network
