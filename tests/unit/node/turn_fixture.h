// SPDX-License-Identifier: Apache-2.0
// All that a Turn refers to, for tests of the parts of a node: a machine at 192.168.1.2:4001 that
// is in one network, 10.77.0.0/16.
#pragma once

#include <string_view>

#include "core/node/turn.h"

namespace lanyard::node::test {

struct TurnFixture {
  TurnFixture() {
    surroundings.port = 4001;
    surroundings.underlay.addresses = {{*IpPrefix::parse("192.168.1.2/24"), "eth0"},
                                       {*IpPrefix::parse("fe80::2/64"), "eth0"}};
    surroundings.overlays = {*IpPrefix::parse("10.77.0.0/16"), *IpPrefix::parse("fd01::/64")};
  }

  Turn turn() {
    return Turn{.now = now,
                .wall = {1'800'000'000},
                .settings = settings,
                .rng = rng,
                .log_sink = log_sink,
                .surroundings = surroundings,
                .handshakes = handshakes,
                .dht = dht,
                .dht_events = dht_events,
                .relay_desk = relay_desk,
                .out = out};
  }

  Instant now{seconds(1000).nanoseconds};
  Settings settings;
  SeededRng rng{1};
  RelayDesk relay_desk{RelayDesk::kDefaultQuota};
  NullLogSink log_sink;
  Surroundings surroundings;
  tunnel::Handshakes handshakes{{}, rng};
  dht::Dht dht{{}, rng};
  dht::Events dht_events;
  Outbox out;
};

}  // namespace lanyard::node::test
