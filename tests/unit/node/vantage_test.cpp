// SPDX-License-Identifier: Apache-2.0
#include "core/node/vantage.h"

#include <string_view>

#include <doctest/doctest.h>

#include "core/node/path_history.h"
#include "tests/unit/node/turn_fixture.h"

namespace lanyard::node::test {

namespace {

using control::PathReason;
using Mapping = Vantage::Mapping;

struct Place : TurnFixture {
  void seen_at(std::string_view endpoint) {
    surroundings.learn_outside(now, *Endpoint::parse(endpoint));
  }
  Vantage vantage() { return own_vantage(turn()); }
};

Vantage behind(Mapping mapping) {
  return {.mapping = mapping, .is_mapped = false, .has_ipv4 = true, .has_ipv6 = false};
}

}  // namespace

TEST_CASE("vantage: what others see tells of a NAT") {
  Place place;
  CHECK(place.vantage() == behind(Mapping::unknown));
  place.seen_at("20.0.1.2:4001");
  CHECK(place.vantage() == behind(Mapping::unknown));  // one cannot tell
  place.seen_at("20.0.1.2:51234");
  CHECK(place.vantage() == behind(Mapping::port_per_destination));
  CHECK(place.vantage().varies());
}

TEST_CASE("vantage: a mapped port lets strangers in, whatever the NAT does else") {
  Place place;
  place.seen_at("20.0.1.2:4001");
  place.seen_at("20.0.1.2:51234");
  place.surroundings.mapped = Endpoint::parse("20.0.1.2:4001");
  CHECK(place.vantage().is_mapped);
  CHECK_FALSE(place.vantage().varies());
}

TEST_CASE("vantage: link-local addresses are no way out") {
  Place place;
  place.surroundings.underlay.addresses = {{*IpPrefix::parse("fe80::2/64"), "eth0"},
                                           {*IpPrefix::parse("2001:db8::2/64"), "eth0"},
                                           {*IpPrefix::parse("127.0.0.1/8"), "lo"}};
  CHECK_FALSE(place.vantage().has_ipv4);
  CHECK(place.vantage().has_ipv6);
  CHECK(only_family(place.vantage()) == std::string_view("IPv6"));
}

TEST_CASE("vantage: why two ends do not get through") {
  const Vantage one_port = behind(Mapping::one_port);
  const Vantage varying = behind(Mapping::port_per_destination);
  Vantage six = one_port;
  six.has_ipv4 = false;
  six.has_ipv6 = true;
  Vantage both = six;
  both.has_ipv4 = true;
  CHECK(why_not_direct(varying, &varying) == PathReason::both_nats_vary);
  CHECK(why_not_direct(varying, &one_port) == PathReason::own_nat_varies);
  CHECK(why_not_direct(one_port, &varying) == PathReason::their_nat_varies);
  CHECK(why_not_direct(one_port, &one_port) == PathReason::direct_blocked);
  CHECK(why_not_direct(varying, &six) == PathReason::no_common_family);
  CHECK(why_not_direct(one_port, &both) == PathReason::direct_blocked);
  CHECK(why_not_direct(varying, nullptr) == PathReason::own_nat_varies);
  CHECK(why_not_direct(one_port, nullptr) == PathReason::direct_blocked);
}

TEST_CASE("path history: the last few, and the same again once") {
  PathHistory history;
  Instant now{0};
  for (int i = 0; i < 40; ++i) {
    now = now + seconds(1);
    history.add(now, "event " + std::to_string(i / 2));
  }
  REQUIRE(history.events().size() == PathHistory::kMaxEvents);
  CHECK(history.events().front().text == "event 4");
  CHECK(history.events().back().text == "event 19");
  CHECK(history.events().back().at == now);
}

}  // namespace lanyard::node::test
