// SPDX-License-Identifier: Apache-2.0
#include "platform/udp_port.h"

#include <poll.h>

#include <doctest/doctest.h>

namespace lanyard::platform {
namespace {

Endpoint loopback(IpFamily family, const UdpPort& port) {
  const char* text = family == IpFamily::v4 ? "127.0.0.1" : "::1";
  return {*IpAddress::parse(text), port.port()};
}

// Loopback delivers before the send returns, so what is not there now never comes.
std::vector<std::string> receive_all(const UdpPort& port, IpFamily family) {
  ReceiveBatch batch(100);
  std::vector<std::string> out;
  do {
    port.receive(family, batch);
    for (std::size_t i = 0; i < batch.size(); ++i) out.push_back(to_string(batch.datagram(i)));
  } while (batch.size() != 0);
  return out;
}

TEST_CASE("datagrams arrive with their sender, in both families") {
  const auto alice = UdpPort::open(0);
  const auto bob = UdpPort::open(0);
  REQUIRE(alice);
  REQUIRE(bob);
  CHECK(alice->port() != 0);
  CHECK(alice->port() != bob->port());
  for (const IpFamily family : {IpFamily::v4, IpFamily::v6}) {
    if (!alice->has(family)) {
      MESSAGE("skipped: this machine has no IPv6");
      continue;
    }
    const std::vector<OutgoingDatagram> two = {{loopback(family, *bob), as_bytes("one")},
                                               {loopback(family, *bob), as_bytes("two")}};
    CHECK(alice->send(two).sent == 2);
    ReceiveBatch batch(100);
    bob->receive(family, batch);
    REQUIRE(batch.size() == 2);
    CHECK(as_text(batch.datagram(0)) == "one");
    CHECK(as_text(batch.datagram(1)) == "two");
    CHECK(batch.from(0) == loopback(family, *alice));
    bob->receive(family, batch);
    CHECK(batch.size() == 0);
  }
}

TEST_CASE("more than a batch is sent and received") {
  const auto alice = UdpPort::open(0);
  const auto bob = UdpPort::open(0);
  REQUIRE(alice);
  REQUIRE(bob);
  std::vector<std::string> payloads;
  for (int i = 0; i < 150; ++i) payloads.push_back("datagram " + std::to_string(i));
  std::vector<OutgoingDatagram> datagrams;
  for (const std::string& payload : payloads) {
    datagrams.push_back({loopback(IpFamily::v4, *bob), as_bytes(payload)});
  }
  CHECK(alice->send(datagrams).sent == 150);
  CHECK(receive_all(*bob, IpFamily::v4) == payloads);
}

TEST_CASE("one destination that fails costs no other") {
  const auto alice = UdpPort::open(0);
  const auto bob = UdpPort::open(0);
  REQUIRE(alice);
  REQUIRE(bob);
  const Endpoint to_bob = loopback(IpFamily::v4, *bob);
  // Broadcast without SO_BROADCAST is refused at once; so is what no datagram can hold.
  const Endpoint forbidden = {*IpAddress::parse("255.255.255.255"), 9};
  const Endpoint closed = {*IpAddress::parse("127.0.0.1"), 1};
  const Buffer too_long(70'000);
  for (int round = 0; round < 3; ++round) {
    const std::vector<OutgoingDatagram> mixed = {
        {to_bob, as_bytes("a")}, {forbidden, as_bytes("x")}, {closed, as_bytes("x")},
        {to_bob, too_long},      {to_bob, as_bytes("b")},    {forbidden, as_bytes("x")}};
    const SendCount count = alice->send(mixed);
    CHECK(count.sent == 3);
    CHECK(count.refused == 3);
    CHECK(count.congested == 0);
    CHECK(receive_all(*bob, IpFamily::v4) == std::vector<std::string>{"a", "b"});
  }
}

TEST_CASE("a datagram that fits no slot is empty, and the next one whole") {
  const auto port = UdpPort::open(0);
  REQUIRE(port);
  const Buffer too_long(101, 'x');
  const std::vector<OutgoingDatagram> two = {{loopback(IpFamily::v4, *port), too_long},
                                             {loopback(IpFamily::v4, *port), as_bytes("fits")}};
  CHECK(port->send(two).sent == 2);
  CHECK(receive_all(*port, IpFamily::v4) == std::vector<std::string>{"", "fits"});
}

TEST_CASE("a port that is taken is a conflict with its remedy") {
  const auto first = UdpPort::open(0);
  REQUIRE(first);
  const auto second = UdpPort::open(first->port());
  REQUIRE_FALSE(second);
  CHECK(second.error().code == Errc::conflict);
  CHECK(second.error().message ==
        "UDP port " + std::to_string(first->port()) + " is in use by another program");
  CHECK(second.error().hint.find("--port") != std::string::npos);
}

}  // namespace
}  // namespace lanyard::platform
