// SPDX-License-Identifier: Apache-2.0
#include "core/node/netcheck.h"

#include <doctest/doctest.h>

#include "tests/unit/node/test_machine.h"

namespace lanyard::node::test {

namespace {

using control::CheckState;

control::DhtFamilyStatus family(std::string mapping, bool read_only) {
  control::DhtFamilyStatus out;
  out.mapping = std::move(mapping);
  out.read_only = read_only;
  return out;
}

control::DhtStatus dht(std::string mode, std::uint32_t nodes) {
  control::DhtStatus out;
  out.mode = std::move(mode);
  out.nodes = nodes;
  out.traffic.datagrams_sent = 1;
  return out;
}

}  // namespace

TEST_CASE("netcheck: what is said of the DHT") {
  CHECK(check_dht(dht("public", 87), minutes(2)).sentence ==
        "members can be looked for in the DHT: 87 nodes answered");
  CHECK(check_dht(dht("public", 1), minutes(2)).sentence.ends_with(": 1 node answered"));
  CHECK(check_dht(dht("off", 0), minutes(2)).sentence.starts_with("the DHT is off"));
  CHECK(check_dht(dht("public", 0), seconds(59)).sentence == "the DHT is being entered");
  CHECK(check_dht(dht("public", 0), seconds(60)).state == CheckState::warning);
  CHECK(check_dht(dht("private", 0), seconds(60)).state == CheckState::warning);
  // Whom the first node of a private DHT should have asked nobody could say.
  control::DhtStatus first = dht("private", 0);
  first.traffic.datagrams_sent = 0;
  CHECK(check_dht(first, minutes(2)).state == CheckState::ok);
  CHECK(check_dht(first, minutes(2)).sentence.starts_with("no other node of the private DHT"));
  first.mode = "public";
  CHECK(check_dht(first, minutes(2)).state == CheckState::warning);
}

TEST_CASE("netcheck: what is said of a NAT, the best first") {
  control::Netcheck netcheck;
  netcheck.udp.port = 4001;
  netcheck.nat = "unknown";
  CHECK(check_nat(netcheck).sentence.starts_with("nothing is known of a NAT"));
  netcheck.dht.ipv4 = family("port-per-destination", true);
  const control::Check worst = check_nat(netcheck);
  CHECK(worst.state == CheckState::warning);
  CHECK(worst.sentence.starts_with("the NAT gives this machine a port for each destination"));
  CHECK(worst.remedy.starts_with("let the router forward UDP port 4001 to this machine"));
  netcheck.dht.ipv4 = family("one-port", true);
  CHECK(check_nat(netcheck).sentence.starts_with("the NAT gives this machine one port"));
  netcheck.dht.ipv6 = family("unknown", false);
  CHECK(check_nat(netcheck).sentence.starts_with("what others send gets in"));
  netcheck.port_mapping.outside = "20.0.1.1:4001";
  CHECK(check_nat(netcheck).sentence == "the router forwards 20.0.1.1:4001 to this machine");
  netcheck.port_mapping.problem = "double_nat";
  CHECK(check_nat(netcheck).sentence.starts_with("what others send gets in"));
  netcheck.nat = "none";
  CHECK(check_nat(netcheck).sentence.starts_with("there is no NAT"));
  CHECK(check_nat(netcheck).state == CheckState::ok);
}

TEST_CASE("netcheck: of a node whose DHT is off") {
  TestMachine machine(1);
  machine.start();
  SystemFacts facts;
  facts.workers = 2;
  facts.ipv6 = Ipv6::missing;
  machine.node().set_system_facts(facts);
  const auto netcheck = machine.ask<control::Netcheck>(control::GetNetcheck{});
  CHECK(netcheck.udp.port == machine.endpoint().port);
  CHECK(netcheck.udp.sockets == 2);
  CHECK_FALSE(netcheck.udp.ipv6);
  CHECK(netcheck.dht.mode == "off");
  CHECK_FALSE(netcheck.dht.ipv4);
  CHECK_FALSE(netcheck.dht.ipv6);
  REQUIRE(netcheck.checks.size() == 2);
  CHECK(netcheck.checks[0].code == "dht");
  CHECK(netcheck.checks[1].code == "nat");
}

TEST_CASE("a node whose DHT is off sends no KRPC and answers none") {
  TestMachine machine(1);
  machine.start();
  (void)machine.create("lab");
  control::CreateInvite invite;
  invite.network = "lab";
  (void)machine.ask<control::InviteReply>(invite);
  const Endpoint bootstrap = *Endpoint::parse("192.0.2.1:6881");
  Outbox out;
  machine.node().add_bootstrap(machine.now(), {&bootstrap, 1}, out);
  CHECK(out.datagrams.empty());
  const Instant end = machine.now() + hours(3);
  while (machine.now() < end) {
    machine.wait_until(std::min(machine.next_timeout(), end));
    machine.receive(bootstrap, to_buffer(as_bytes("d1:ad2:id20:abcdefghij0123456789e1:q4:ping"
                                                  "1:t2:aa1:y1:qe")));
  }
  CHECK(machine.take_datagrams().empty());
  const control::DhtTraffic traffic = machine.status().dht.traffic;
  CHECK(traffic.datagrams_received > 1000);
  CHECK(traffic.datagrams_sent == 0);
}

}  // namespace lanyard::node::test
