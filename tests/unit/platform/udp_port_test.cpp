// SPDX-License-Identifier: Apache-2.0
// The UDP port on loopback: what is sent in runs arrives datagram by datagram, however much of the
// work the kernel takes off us.
#include "platform/udp_port.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <doctest/doctest.h>

#include "platform/socket_address.h"
#include "tests/bench/allocations.h"
#include "tests/unit/platform/udp_samples.h"

namespace lanyard::platform {
namespace {

constexpr Offloads kGso = Offloads::none().with(Offload::udp_gso);
constexpr Offloads kGro = Offloads::none().with(Offload::udp_gro);

struct RunShape {
  std::size_t count;
  std::size_t size;
  std::size_t last_size;
};

TEST_CASE("runs arrive as the datagrams they are made of, in both families") {
  constexpr std::array<RunShape, 10> kShapes = {{{1, 1, 1},
                                                 {1, 1400, 1400},
                                                 {2, 1400, 1400},
                                                 {2, 1400, 1},
                                                 {45, 1450, 1450},
                                                 {45, 1450, 700},
                                                 {64, 1000, 999},
                                                 {64, 1, 1},
                                                 {7, 8976, 8000},
                                                 {1, 65'000, 65'000}}};
  for (const Offloads sender : {kGso, Offloads::none()}) {
    for (const Offloads receiver : {kGro, Offloads::none()}) {
      const auto alice = UdpPort::open(0, {1, sender});
      const auto bob = UdpPort::open(0, {1, receiver});
      REQUIRE(alice);
      REQUIRE(bob);
      CHECK(alice->offloads() == sender);
      CHECK(bob->offloads() == receiver);
      for (const IpFamily family : {IpFamily::v4, IpFamily::v6}) {
        if (!alice->has(family)) {
          MESSAGE("skipped: this machine has no IPv6");
          continue;
        }
        for (const RunShape& shape : kShapes) {
          if (shape.size > bob->batch_shape().message_bytes) continue;
          CAPTURE(shape.count);
          CAPTURE(shape.size);
          const SampleRun sample(loopback(*bob, family), shape.count, shape.size, shape.last_size);
          CHECK(alice->send_or_drop(0, std::span(&sample.run, 1)) ==
                SendCount{.sent = shape.count});
          CHECK(receive_all(*bob, family) == sample.datagrams);
        }
      }
    }
  }
}

TEST_CASE("more runs than one system call takes arrive in order, from their sender") {
  const auto alice = UdpPort::open(0);
  const auto bob = UdpPort::open(0);
  REQUIRE(alice);
  REQUIRE(bob);
  std::vector<std::string> expected;
  std::vector<std::unique_ptr<SampleRun>> samples;
  std::vector<node::SealedRun> runs;
  std::size_t datagrams = 0;
  for (std::size_t i = 0; i < 150; ++i) {
    // In between, what there is nothing to send of.
    if (i % 7 == 0) runs.push_back(run_of_one(loopback(*bob), {}));
    const std::size_t count = 1 + i % 3;
    samples.push_back(std::make_unique<SampleRun>(loopback(*bob), count, 10 + i));
    runs.push_back(samples.back()->run);
    datagrams += count;
    for (const std::string& datagram : samples.back()->datagrams) expected.push_back(datagram);
  }
  CHECK(alice->send_or_drop(0, runs) == SendCount{.sent = datagrams});
  ReceiveBatch batch(bob->batch_shape());
  std::vector<std::string> arrived;
  do {
    bob->receive(0, IpFamily::v4, batch);
    for (std::size_t i = 0; i < batch.size(); ++i) CHECK(batch.from(i) == loopback(*alice));
    for (const std::string& datagram : datagrams_of(batch)) arrived.push_back(datagram);
  } while (batch.size() != 0);
  CHECK(arrived == expected);
}

TEST_CASE("a merged message may be written to from its headroom on, and spoils no other") {
  const auto port = UdpPort::open(0);
  REQUIRE(port);
  const SampleRun first(loopback(*port), 45, 1450, 1000);
  const SampleRun second(loopback(*port), 3, 100, 7);
  const std::vector<node::SealedRun> runs = {first.run, second.run,
                                             run_of_one(loopback(*port), as_bytes("last"))};
  for (int round = 0; round < 3; ++round) {
    CHECK(port->send_or_drop(0, runs).sent == 49);
    ReceiveBatch batch(port->batch_shape());
    port->receive(0, IpFamily::v4, batch);
    REQUIRE(batch.size() == 3);
    CHECK(batch.bytes(0).size() == 44 * 1450 + 1000);
    CHECK(batch.segment_size(0) == 1450);
    CHECK(batch.segment_size(1) == 100);
    CHECK(batch.segment_size(2) == 4);
    for (std::size_t i = 0; i < 3; ++i) {
      std::fill_n(batch.bytes(i).data() - ReceiveBatch::kHeadroom, ReceiveBatch::kHeadroom, 0xaa);
    }
    std::vector<std::string> expected = first.datagrams;
    expected.insert(expected.end(), second.datagrams.begin(), second.datagrams.end());
    expected.emplace_back("last");
    CHECK(datagrams_of(batch) == expected);
  }
}

TEST_CASE("of large messages fewer are taken at once, and of small ones many again") {
  const auto port = UdpPort::open(0);
  REQUIRE(port);
  ReceiveBatch batch(kMergedShape);
  const SampleRun large(loopback(*port), 1, 60'000);
  const SampleRun small(loopback(*port), 1, 10);
  // Sends so many and receives them all: how many at a time.
  const auto received = [&](std::size_t count, const node::SealedRun& run) {
    const std::vector<node::SealedRun> runs(count, run);
    CHECK(port->send_or_drop(0, runs).sent == count);
    std::vector<std::size_t> sizes;
    do {
      port->receive(0, IpFamily::v4, batch);
      sizes.push_back(batch.size());
    } while (batch.size() != 0);
    return sizes;
  };
  using Sizes = std::vector<std::size_t>;
  CHECK(received(9, large.run) == Sizes{4, 4, 1, 0});
  CHECK(received(15, small.run) == Sizes{4, 11, 0});
  CHECK(received(40, small.run) == Sizes{32, 8, 0});
  CHECK(received(33, large.run) == Sizes{32, 1, 0});
  CHECK(received(9, large.run) == Sizes{4, 4, 1, 0});
}

TEST_CASE("a message that does not fit is left out and counted") {
  const auto port = UdpPort::open(0);
  REQUIRE(port);
  ReceiveBatch batch({4, 100});
  const SampleRun longest(loopback(*port), 1, 100);
  const SampleRun too_long(loopback(*port), 1, 101);
  const SampleRun too_many(loopback(*port), 3, 50);
  const std::vector<node::SealedRun> runs = {too_long.run, longest.run, too_many.run,
                                             run_of_one(loopback(*port), as_bytes("fits"))};
  for (int round = 0; round < 3; ++round) {
    CHECK(port->send_or_drop(0, runs).sent == 6);
    port->receive(0, IpFamily::v4, batch);
    CHECK(batch.too_long() == 2);
    REQUIRE(batch.size() == 2);
    CHECK(as_text(batch.bytes(0)) == longest.datagrams[0]);
    CHECK(as_text(batch.bytes(1)) == "fits");
    port->receive(0, IpFamily::v4, batch);
    CHECK(batch.size() == 0);
    CHECK(batch.too_long() == 0);
  }
}

TEST_CASE("an empty datagram is a message without bytes") {
  const auto port = UdpPort::open(0);
  REQUIRE(port);
  const FileDescriptor stranger(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  const SocketAddress to = to_socket_address(loopback(*port));
  REQUIRE(sendto(stranger.get(), "", 0, 0, &to.generic, size_of(to)) == 0);
  ReceiveBatch batch(port->batch_shape());
  port->receive(0, IpFamily::v4, batch);
  REQUIRE(batch.size() == 1);
  CHECK(batch.bytes(0).empty());
  CHECK(batch.segment_size(0) == 1);
}

TEST_CASE("neither sending nor receiving allocates") {
  const auto alice = UdpPort::open(0);
  const auto cutting = UdpPort::open(0, {1, Offloads::none()});
  const auto bob = UdpPort::open(0);
  REQUIRE(alice);
  REQUIRE(cutting);
  REQUIRE(bob);
  const SampleRun sample(loopback(*bob), 45, 1000);
  const Buffer too_long(65'508);
  const std::vector<node::SealedRun> runs = {
      sample.run, run_of_one(loopback(*bob), too_long), sample.run,
      run_of_one({*IpAddress::parse("255.255.255.255"), 9}, as_bytes("forbidden"))};
  ReceiveBatch batch(bob->batch_shape());
  std::size_t messages = 0;
  std::size_t sent = 0;
  const std::uint64_t before = bench::allocations();
  for (int round = 0; round < 10; ++round) {
    sent += alice->send_or_drop(0, runs).sent;
    sent += cutting->send_or_drop(0, runs).sent;
    do {
      bob->receive(0, IpFamily::v4, batch);
      messages += batch.size();
    } while (batch.size() != 0);
  }
  CHECK(bench::allocations() == before);
  CHECK(sent == 10 * 2 * 2 * sample.datagrams.size());
  CHECK(messages > 0);
}

TEST_CASE("the kernel spreads senders over all sockets of a port, each to one") {
  constexpr std::size_t kSockets = 4;
  constexpr std::size_t kSenders = 64;
  const auto port = UdpPort::open(0, {kSockets, {}});
  REQUIRE(port);
  CHECK(port->sockets() == kSockets);
  for (const IpFamily family : {IpFamily::v4, IpFamily::v6}) {
    if (!port->has(family)) continue;
    for (std::size_t i = 0; i < kSenders; ++i) {
      const auto sender = UdpPort::open(0);
      REQUIRE(sender);
      const SampleRun sample(loopback(*port, family), 3, 100);
      CHECK(sender->send_or_drop(0, std::span(&sample.run, 1)).sent == 3);
    }
    std::size_t datagrams = 0;
    for (std::size_t i = 0; i < kSockets; ++i) {
      const std::size_t here = receive_all(*port, family, i).size();
      // None of 64 at one of 4: once in a hundred million runs.
      CHECK(here > 0);
      CHECK(here % 3 == 0);
      datagrams += here;
    }
    CHECK(datagrams == 3 * kSenders);
  }
}

TEST_CASE("any of a port's sockets sends from that port") {
  const auto alice = UdpPort::open(0, {3, {}});
  const auto bob = UdpPort::open(0);
  REQUIRE(alice);
  REQUIRE(bob);
  ReceiveBatch batch(bob->batch_shape());
  for (std::size_t i = 0; i < alice->sockets(); ++i) {
    const std::vector<node::SealedRun> one = {run_of_one(loopback(*bob), as_bytes("from any"))};
    CHECK(alice->send_or_drop(i, one).sent == 1);
    bob->receive(0, IpFamily::v4, batch);
    REQUIRE(batch.size() == 1);
    CHECK(batch.from(0) == loopback(*alice));
  }
}

TEST_CASE(
    "a port that is taken is a conflict with its remedy, however many sockets are to share it") {
  for (const std::size_t taken : {1U, 3U}) {
    for (const std::size_t wanted : {1U, 3U}) {
      const auto first = UdpPort::open(0, {taken, {}});
      REQUIRE(first);
      const auto second = UdpPort::open(first->port(), {wanted, {}});
      REQUIRE_FALSE(second);
      CHECK(second.error().code == Errc::conflict);
      CHECK(second.error().message ==
            "UDP port " + std::to_string(first->port()) + " is in use by another program");
      CHECK(second.error().hint.find("--port") != std::string::npos);
    }
  }
}

TEST_CASE("a port that another program would share is a conflict too") {
  const FileDescriptor other(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  const int on = 1;
  REQUIRE(setsockopt(other.get(), SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) == 0);
  SocketAddress address = to_socket_address({IpAddress(), 0});
  socklen_t size = sizeof address.v4;
  REQUIRE(bind(other.get(), &address.generic, size) == 0);
  REQUIRE(getsockname(other.get(), &address.generic, &size) == 0);
  const auto port = UdpPort::open(to_endpoint(address).port, {2, {}});
  REQUIRE_FALSE(port);
  CHECK(port.error().code == Errc::conflict);
}

TEST_CASE("the buffers are as large as was wanted, or it is known that they are not") {
  const auto port = UdpPort::open(0, {2, {}});
  REQUIRE(port);
  const SocketBuffers buffers = port->buffers();
  CHECK(buffers.receive_bytes > 0);
  CHECK(buffers.send_bytes > 0);
  const bool is_smaller = buffers.receive_bytes < SocketBuffers::kWantedReceiveBytes ||
                          buffers.send_bytes < SocketBuffers::kWantedSendBytes;
  CHECK(buffers.are_as_wanted() != is_smaller);
  // More would only let others wait longer.
  CHECK(buffers.send_bytes <= SocketBuffers::kWantedSendBytes);
}

TEST_CASE("what the sockets have no room for is counted") {
  const auto port = UdpPort::open(0);
  REQUIRE(port);
  CHECK(port->queue_drops() == 0);
  const SampleRun sample(loopback(*port), 1, 60'000);
  const std::size_t enough = 3 * port->buffers().receive_bytes / 60'000;
  for (std::size_t i = 0; i < enough; ++i) {
    CHECK(port->send_or_drop(0, std::span(&sample.run, 1)).sent == 1);
  }
  const std::size_t arrived = receive_all(*port).size();
  CHECK(arrived > 0);
  CHECK(port->queue_drops() == enough - arrived);
  CHECK(port->queue_drops() > 0);
}

}  // namespace
}  // namespace lanyard::platform
