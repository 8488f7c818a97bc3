// SPDX-License-Identifier: Apache-2.0
#include "core/dht/outside_address.h"

#include <string>

#include <doctest/doctest.h>

#include "tests/unit/dht/points.h"

using namespace lanyard;
using namespace lanyard::dht;

namespace {

const Endpoint kOurs = endpoint_of("20.9.9.9:5000");

IpAddress voter(std::uint32_t n) { return node_endpoint(n).address; }

}  // namespace

TEST_CASE("outside address: no single node is believed, however often it says so") {
  OutsideAddressVotes votes(Mode::public_);
  for (int i = 0; i < 5; ++i) CHECK_FALSE(votes.vote(voter(1), kOurs));
  CHECK_FALSE(votes.elected().has_value());
  CHECK(votes.mapping() == MappingKind::unknown);
  CHECK(votes.vote(voter(2), kOurs));
  CHECK(votes.elected() == kOurs);
  CHECK(votes.mapping() == MappingKind::endpoint_independent);
  CHECK_FALSE(votes.vote(voter(3), kOurs));
}

TEST_CASE("outside address: a minority of liars changes nothing, a new address wins soon") {
  OutsideAddressVotes votes(Mode::public_);
  for (std::uint32_t i = 0; i < 6; ++i) votes.vote(voter(i), kOurs);
  for (std::uint32_t i = 6; i < 9; ++i) CHECK_FALSE(votes.vote(voter(i), endpoint_of("6.6.6.6:6")));
  CHECK(votes.elected() == kOurs);

  const Endpoint moved = endpoint_of("20.8.8.8:5000");
  int changes = 0;
  for (std::uint32_t i = 20; i < 29; ++i) changes += votes.vote(voter(i), moved) ? 1 : 0;
  CHECK(changes == 1);
  CHECK(votes.elected() == moved);
}

TEST_CASE("outside address: a NAT that maps by destination shows in the ports") {
  OutsideAddressVotes votes(Mode::public_);
  votes.vote(voter(1), endpoint_of("20.9.9.9:5001"));
  CHECK(votes.vote(voter(2), endpoint_of("20.9.9.9:5002")));
  CHECK(votes.elected()->address == kOurs.address);
  CHECK(votes.mapping() == MappingKind::address_dependent);
  votes.vote(voter(3), endpoint_of("20.9.9.9:5003"));
  CHECK(votes.mapping() == MappingKind::address_dependent);
  votes.clear();
  CHECK(votes.mapping() == MappingKind::unknown);
  CHECK_FALSE(votes.elected().has_value());
}

TEST_CASE("outside address: it takes three voters and most of the last ones to be certain") {
  OutsideAddressVotes votes(Mode::public_);
  votes.vote(voter(1), kOurs);
  votes.vote(voter(2), kOurs);
  CHECK(votes.elected() == kOurs);
  CHECK_FALSE(votes.is_certain());
  votes.vote(voter(3), kOurs);
  CHECK(votes.is_certain());
  for (std::uint32_t i = 4; i < 7; ++i) {
    votes.vote(voter(i), {address_of("20.8.8." + std::to_string(i)), 5000});
  }
  CHECK(votes.elected() == kOurs);
  CHECK_FALSE(votes.is_certain());
}

TEST_CASE("outside address: a subnet has one vote in the public DHT") {
  for (const Mode mode : {Mode::public_, Mode::private_}) {
    OutsideAddressVotes votes(mode);
    for (int i = 1; i <= 3; ++i) votes.vote(address_of("20.7.7." + std::to_string(i)), kOurs);
    CHECK(votes.elected().has_value() == (mode == Mode::private_));
    CHECK(votes.is_certain() == (mode == Mode::private_));
  }
  OutsideAddressVotes six(Mode::public_);
  for (int i = 1; i <= 3; ++i) six.vote(address_of("2001:db8::" + std::to_string(i)), kOurs);
  CHECK_FALSE(six.elected().has_value());
  for (int i = 1; i <= 3; ++i) {
    six.vote(address_of("2001:db8:" + std::to_string(i) + "::1"), kOurs);
  }
  CHECK(six.is_certain());
}
