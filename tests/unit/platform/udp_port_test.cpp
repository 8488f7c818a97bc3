// SPDX-License-Identifier: Apache-2.0
// The UDP port on loopback: what is sent in runs arrives datagram by datagram, however much the
// kernel takes off us.
#include "platform/udp_port.h"

#include <doctest/doctest.h>

namespace lanyard::platform {
namespace {

using node::SealedRun;

constexpr Offloads kGso = Offloads::none().with(Offload::udp_gso);
constexpr Offloads kGro = Offloads::none().with(Offload::udp_gro);

Endpoint loopback(IpFamily family, const UdpPort& port) {
  const char* text = family == IpFamily::v4 ? "127.0.0.1" : "::1";
  return {*IpAddress::parse(text), port.port()};
}

// Loopback delivers before the send returns, so what is not there now never comes.
std::vector<std::string> receive_all(const UdpPort& port, IpFamily family, std::size_t index = 0) {
  ReceiveBatch batch(port.batch_shape());
  std::vector<std::string> out;
  do {
    port.receive(index, family, batch);
    for (std::size_t i = 0; i < batch.size(); ++i) {
      MutableBytes rest = batch.bytes(i);
      do {
        const std::size_t size = std::min(batch.segment_size(i), rest.size());
        out.push_back(lanyard::to_string(rest.first(size)));
        rest = rest.subspan(size);
      } while (!rest.empty());
    }
  } while (batch.size() != 0);
  return out;
}

// A run's datagrams, each different.
struct Sample {
  Sample(const Endpoint& to, std::size_t count, std::size_t size, std::size_t last_size) {
    for (std::size_t i = 0; i < count; ++i) {
      const auto letter = static_cast<char>('0' + i);
      datagrams.emplace_back(i + 1 == count ? last_size : size, letter);
      append(memory, datagrams.back());
    }
    run = {to, memory, static_cast<std::uint16_t>(size)};
  }
  Sample(const Sample&) = delete;

  std::vector<std::string> datagrams;
  Buffer memory;
  SealedRun run;
};

TEST_CASE("runs arrive as the datagrams they are made of, with their sender, in both families") {
  struct Size {
    std::size_t count, size, last_size;
  };
  constexpr Size kSizes[] = {{1, 1, 1},        {1, 1400, 1400},    {2, 1400, 1400}, {2, 1400, 1},
                             {45, 1450, 1450}, {45, 1450, 700},    {64, 1000, 999}, {64, 1, 1},
                             {7, 8976, 8000},  {1, 65'000, 65'000}};
  for (const Offloads sender : {kGso, Offloads::none()}) {
    for (const Offloads receiver : {kGro, Offloads::none()}) {
      const auto alice = UdpPort::open(0, {1, sender});
      const auto bob = UdpPort::open(0, {1, receiver});
      REQUIRE(alice);
      REQUIRE(bob);
      CHECK(alice->offloads() == sender);
      CHECK(bob->offloads() == receiver);
      CHECK(alice->port() != bob->port());
      for (const IpFamily family : {IpFamily::v4, IpFamily::v6}) {
        if (!alice->has(family)) {
          MESSAGE("skipped: this machine has no IPv6");
          continue;
        }
        for (const Size& size : kSizes) {
          if (size.size > kSingleShape.message_bytes && receiver != kGro) continue;
          CAPTURE(size.count);
          CAPTURE(size.size);
          const Sample sample(loopback(family, *bob), size.count, size.size, size.last_size);
          CHECK(alice->send(0, std::span(&sample.run, 1)) == SendCount{.sent = size.count});
          CHECK(receive_all(*bob, family) == sample.datagrams);
        }
      }
    }
  }
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
  const Buffer too_long(65'508);
  for (int round = 0; round < 3; ++round) {
    const std::vector<SealedRun> mixed = {
        run_of_one(to_bob, as_bytes("a")), run_of_one(forbidden, as_bytes("x")),
        run_of_one(closed, as_bytes("x")), run_of_one(to_bob, too_long),
        run_of_one(to_bob, as_bytes("b")), run_of_one(forbidden, as_bytes("x"))};
    CHECK(alice->send(0, mixed) == SendCount{.sent = 3, .too_long = 1, .forbidden = 2});
    CHECK(receive_all(*bob, IpFamily::v4) == std::vector<std::string>{"a", "b"});
  }
}

TEST_CASE("a port that is taken is a conflict with its remedy") {
  for (const std::size_t sockets : {1, 3}) {
    const auto first = UdpPort::open(0, {sockets, {}});
    REQUIRE(first);
    const auto second = UdpPort::open(first->port(), {sockets, {}});
    REQUIRE_FALSE(second);
    CHECK(second.error().code == Errc::conflict);
    CHECK(second.error().message ==
          "UDP port " + std::to_string(first->port()) + " is in use by another program");
    CHECK(second.error().hint.find("--port") != std::string::npos);
  }
}

}  // namespace
}  // namespace lanyard::platform
