// SPDX-License-Identifier: Apache-2.0
#include "core/node/forwarding.h"

#include <doctest/doctest.h>

#include "tests/unit/node/two_nodes.h"

namespace lanyard::node::test {

namespace {

SessionEntry entry_of(tunnel::SessionIndex index, DeviceId device) {
  SessionEntry entry;
  entry.session = make_sessions(index, index).at_anna;
  entry.device = device;
  return entry;
}

}  // namespace

TEST_CASE("devices and sessions are found, whatever the order they were given in") {
  Forwarding forwarding;
  for (const DeviceId device : {7u, 1u, 4u}) {
    forwarding.devices.emplace_back();
    forwarding.devices.back().device = device;
    forwarding.sessions.push_back(entry_of(0xffffff - device, device));
  }
  forwarding.sort();
  for (const DeviceId device : {1u, 4u, 7u}) {
    REQUIRE(forwarding.find_device(device));
    CHECK(forwarding.find_device(device)->device == device);
    REQUIRE(forwarding.find_session(0xffffff - device));
    CHECK(forwarding.find_session(0xffffff - device)->device == device);
  }
  for (const std::uint32_t other : {0u, 2u, 5u, 8u}) {
    CHECK(forwarding.find_device(other) == nullptr);
    CHECK(forwarding.find_session(0xffffff - other) == nullptr);
  }
  CHECK(Forwarding().find_device(0) == nullptr);
  CHECK(Forwarding().find_session(0) == nullptr);
}

TEST_CASE("members beyond the list of peers have no path") {
  TwoNodes nodes;
  nodes.anna.peers().resize(1);
  nodes.give_anna(make_frame(kCarl, kAnna, vswitch::kEtherTypeIpv4, 20));
  CHECK(nodes.anna.dropped(DropReason::no_path) == 1);
  nodes.give_anna(make_frame(MacAddress::broadcast(), kAnna, vswitch::kEtherTypeIpv4, 20));
  CHECK(nodes.anna.datagrams().size() == 1);
}

TEST_CASE("a report is given once, until it is rearmed or copied") {
  const ReportOnce report;
  CHECK(report.take());
  CHECK_FALSE(report.take());
  ReportOnce copy(report);
  CHECK(copy.take());
  CHECK_FALSE(report.take());
  report.rearm();
  CHECK(report.take());
  copy = report;
  CHECK(copy.take());
}

}  // namespace lanyard::node::test
