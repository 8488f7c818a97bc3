// SPDX-License-Identifier: Apache-2.0
// Surroundings (core/node/turn.h): candidates, and where others see us.
#include <algorithm>

#include <doctest/doctest.h>

#include "tests/unit/node/turn_fixture.h"

namespace lanyard::node::test {

namespace {

Endpoint endpoint(std::string_view text) { return *Endpoint::parse(text); }

}  // namespace

TEST_CASE("surroundings: which addresses are worth trying") {
  const TurnFixture machine;
  const auto is_candidate = [&](std::string_view text) {
    return machine.surroundings.is_candidate(endpoint(text));
  };
  CHECK(is_candidate("192.168.1.3:4001"));
  CHECK(is_candidate("198.51.100.7:4001"));
  CHECK(is_candidate("[2001:db8::7]:1"));
  CHECK(is_candidate("10.78.0.1:4001"));
  CHECK_FALSE(is_candidate("192.168.1.2:4001"));  // we ourselves
  CHECK(is_candidate("192.168.1.2:4002"));        // another program of this machine
  CHECK_FALSE(is_candidate("10.77.3.4:4001"));    // the tunnel through itself
  CHECK_FALSE(is_candidate("10.77.3.4:9"));
  CHECK_FALSE(is_candidate("[fd01::5]:4001"));
  CHECK_FALSE(is_candidate("[fe80::3]:4001"));  // of which interface?
  CHECK_FALSE(is_candidate("192.168.1.3:0"));
  CHECK_FALSE(is_candidate("224.0.0.1:4001"));
  CHECK_FALSE(is_candidate("0.0.0.0:4001"));
  CHECK_FALSE(is_candidate("255.255.255.255:4001"));
}

TEST_CASE("surroundings: what is on a network of ours") {
  const TurnFixture machine;
  CHECK(machine.surroundings.is_on_link(*IpAddress::parse("192.168.1.77")));
  CHECK(machine.surroundings.is_on_link(*IpAddress::parse("fe80::77")));
  CHECK_FALSE(machine.surroundings.is_on_link(*IpAddress::parse("192.168.2.77")));
  CHECK_FALSE(machine.surroundings.is_on_link(*IpAddress::parse("2001:db8::1")));
}

TEST_CASE("surroundings: where others see us") {
  TurnFixture machine;
  Surroundings& place = machine.surroundings;
  const auto learn = [&](std::string_view text) {
    return place.learn_outside(machine.now, endpoint(text));
  };
  CHECK(learn("198.51.100.1:4001"));
  CHECK_FALSE(learn("198.51.100.1:4001"));  // no news
  CHECK_FALSE(learn("127.0.0.1:4001"));
  CHECK_FALSE(learn("169.254.1.1:4001"));
  CHECK_FALSE(learn("192.168.1.2:4001"));  // known from the inside
  CHECK_FALSE(learn("10.77.0.9:4001"));    // seen through the tunnel
  CHECK_FALSE(learn("198.51.100.1:0"));
  CHECK(place.outside.size() == 1);
}

TEST_CASE("surroundings: a NAT with a port for each peer") {
  TurnFixture machine;
  Surroundings& place = machine.surroundings;
  const auto learn = [&](std::string_view text) {
    return place.learn_outside(machine.now, endpoint(text));
  };
  CHECK(learn("198.51.100.1:4001"));
  CHECK(learn("198.51.100.1:4002"));
  CHECK(learn("198.51.100.1:4003"));
  CHECK_FALSE(learn("198.51.100.1:4004"));  // one more would be no use to anybody
  machine.now = machine.now + seconds(119);
  CHECK_FALSE(learn("198.51.100.1:4001"));  // confirmed
  CHECK_FALSE(learn("198.51.100.1:4004"));
  machine.now = machine.now + seconds(1);
  CHECK(learn("198.51.100.1:4004"));  // takes the place of one that nobody has seen since
  REQUIRE(place.outside.size() == Surroundings::kMaxOutside);
  CHECK(place.outside[0].endpoint == endpoint("198.51.100.1:4004"));
  const auto is_known = [&](std::string_view text) {
    return std::any_of(place.outside.begin(), place.outside.end(),
                       [&](const auto& seen) { return seen.endpoint == endpoint(text); });
  };
  CHECK(is_known("198.51.100.1:4001"));
}

TEST_CASE("surroundings: where others may reach us") {
  TurnFixture machine;
  machine.surroundings.underlay.addresses.push_back({*IpPrefix::parse("127.0.0.1/8"), "lo"});
  machine.surroundings.underlay.addresses.push_back({*IpPrefix::parse("2001:db8::2/64"), "eth0"});
  CHECK(machine.surroundings.learn_outside(machine.now, endpoint("198.51.100.1:5000")));
  CHECK(machine.surroundings.own_endpoints() == std::vector{endpoint("198.51.100.1:5000"),
                                                            endpoint("192.168.1.2:4001"),
                                                            endpoint("[2001:db8::2]:4001")});
}

}  // namespace lanyard::node::test
