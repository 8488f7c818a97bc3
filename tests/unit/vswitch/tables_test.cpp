// SPDX-License-Identifier: Apache-2.0
#include "core/vswitch/tables.h"

#include <doctest/doctest.h>

#include "tests/unit/vswitch/frames.h"

namespace lanyard::vswitch::test {

TEST_CASE("members and neighbors are found, whatever the order they were given in") {
  const SwitchTables switch_tables = tables();
  CHECK(switch_tables.own_mac() == kOwn);
  CHECK(switch_tables.find_member(kAnna) == kAnnaSlot);
  CHECK(switch_tables.find_member(kBert) == kBertSlot);
  CHECK_FALSE(switch_tables.find_member(kOwn));
  CHECK_FALSE(switch_tables.find_member(kStranger));
  REQUIRE(switch_tables.member_mac(kBertSlot));
  CHECK(*switch_tables.member_mac(kBertSlot) == kBert);
  CHECK(switch_tables.member_mac(2) == nullptr);

  REQUIRE(switch_tables.find_neighbor(ip("10.77.0.10")));
  CHECK(*switch_tables.find_neighbor(ip("10.77.0.10")) == kAnna);
  REQUIRE(switch_tables.find_neighbor(ip("fd00::b")));
  CHECK(*switch_tables.find_neighbor(ip("fd00::b")) == kBert);
  CHECK(switch_tables.find_neighbor(ip("10.77.0.12")) == nullptr);
}

TEST_CASE("of two entries with one key the first counts, and nobody is flooded twice") {
  const SwitchTables twice({.own_mac = kOwn,
                            .members = {kAnna, kAnna},
                            .neighbors = {{ip("10.77.0.10"), kBert}, {ip("10.77.0.10"), kAnna}},
                            .flood = {1, 0, 1}});
  CHECK(twice.find_member(kAnna) == PeerSlot{0});
  CHECK(*twice.find_neighbor(ip("10.77.0.10")) == kBert);
  REQUIRE(twice.flood().size() == 2);
  CHECK(twice.flood()[0] == 0);
  CHECK(twice.flood()[1] == 1);
}

TEST_CASE("empty tables know nobody") {
  const SwitchTables none;
  CHECK_FALSE(none.find_member(kAnna));
  CHECK(none.member_mac(0) == nullptr);
  CHECK(none.find_neighbor(ip("fd00::1")) == nullptr);
  CHECK(none.flood().empty());
}

}  // namespace lanyard::vswitch::test
