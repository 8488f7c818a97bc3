// SPDX-License-Identifier: Apache-2.0
// What becomes of datagrams that cannot be sent, in a network namespace: each costs itself alone
// and is counted for its reason, whether it is sent by itself or in a run that the kernel cuts.
#include <array>
#include <cerrno>
#include <cstddef>
#include <thread>

#include <poll.h>
#include <sys/mount.h>
#include <unistd.h>

#include <doctest/doctest.h>

#include "core/vswitch/offload/offload_header.h"
#include "platform/tap_device.h"
#include "platform/udp_port.h"
#include "tests/unit/platform/network_namespace.h"
#include "tests/unit/platform/refused_calls.h"
#include "tests/unit/platform/udp_samples.h"

namespace lanyard::platform {
namespace {

Endpoint endpoint(const char* text) { return *Endpoint::parse(text); }

// body(port) with a kernel that cuts runs, and with one that does not.
template <typename Body>
void with_and_without_segmentation(Body body) {
  for (const Offloads offloads : {Offloads(), Offloads().without(Offload::udp_gso)}) {
    const bool is_segmenting = offloads.has(Offload::udp_gso);
    CAPTURE(is_segmenting);
    const auto port = UdpPort::open(0, {1, offloads});
    REQUIRE(port);
    body(*port);
    CHECK(port->offloads().has(Offload::udp_gso) == is_segmenting);
  }
}

// What has left through a device, by the letter that SampleRun fills a datagram with.
class CountedDatagrams {
 public:
  explicit CountedDatagrams(const TapDevice& device) : device_(device) {}

  // All that waits there now.
  void read() {
    constexpr std::size_t kPayload = vswitch::OffloadHeader::kSize + 14 + 20 + 8;
    std::array<std::uint8_t, 65'536 + kPayload> frame;
    while (true) {
      const ssize_t size = ::read(device_.queues[0]->get(), frame.data(), frame.size());
      if (size < 0) break;
      // Nothing else is as long.
      for (std::size_t at = kPayload; at + 1400 <= static_cast<std::size_t>(size); at += 1400) {
        ++of_each.at(static_cast<std::size_t>(frame[at] - '0'));
      }
    }
  }

  std::vector<std::size_t> of_each = std::vector<std::size_t>(40);

 private:
  const TapDevice& device_;
};

// Six datagrams to a destination, between runs to ourselves, which must arrive: what became of the
// six.
SendCount send_between(const UdpPort& port, const Endpoint& to) {
  const SampleRun good(loopback(port), 3, 500, 20);
  const SampleRun bad(to, 5, 500, 20);
  const std::vector<node::SealedRun> runs = {good.run, bad.run, good.run,
                                             run_of_one(to, as_bytes("alone")), good.run};
  SendCount count = port.send_or_drop(0, runs);
  std::vector<std::string> expected;
  for (int i = 0; i < 3; ++i) {
    expected.insert(expected.end(), good.datagrams.begin(), good.datagrams.end());
  }
  CHECK(receive_all(port) == expected);
  REQUIRE(count.sent >= expected.size());
  count.sent -= expected.size();
  return count;
}

TEST_CASE("where no way leads is unreachable, where none may go forbidden") {
  in_network_namespace([] {
    shell("ip link set lo up");
    shell("ip route add unreachable 203.0.113.0/24");
    shell("ip route add prohibit 198.51.100.0/24");
    shell("ip route add blackhole 192.0.2.0/24");
    with_and_without_segmentation([](const UdpPort& port) {
      CHECK(send_between(port, endpoint("10.1.2.3:9")) == SendCount{.unreachable = 6});
      CHECK(send_between(port, endpoint("[2001:db8::1]:9")) == SendCount{.unreachable = 6});
      CHECK(send_between(port, endpoint("203.0.113.1:9")) == SendCount{.unreachable = 6});
      CHECK(send_between(port, endpoint("198.51.100.1:9")) == SendCount{.forbidden = 6});
      CHECK(send_between(port, endpoint("192.0.2.1:9")) == SendCount{.refused = 6});
    });
  });
}

TEST_CASE("what a firewall drops is forbidden") {
  in_network_namespace([] {
    shell("ip link set lo up");
    shell(
        "nft 'add table inet t; add chain inet t o { type filter hook output priority 0; };"
        " add rule inet t o udp dport 9 drop'");
    with_and_without_segmentation([](const UdpPort& port) {
      CHECK(send_between(port, endpoint("127.0.0.1:9")) == SendCount{.forbidden = 6});
    });
  });
}

TEST_CASE("a family that the system lacks is unreachable") {
  in_network_namespace([] {
    shell("ip link set lo up");
    shell("echo 1 > /proc/sys/net/ipv6/conf/all/disable_ipv6");
    with_and_without_segmentation([](const UdpPort& port) {
      CHECK(send_between(port, endpoint("[::1]:9")) == SendCount{.unreachable = 6});
    });
  });
}

TEST_CASE("datagrams that are longer than the path's MTU go out in fragments") {
  in_network_namespace([] {
    shell("ip link set lo up mtu 1280");
    with_and_without_segmentation([](const UdpPort& port) {
      for (const IpFamily family : {IpFamily::v4, IpFamily::v6}) {
        const SampleRun longer(loopback(port, family), 5, 1400, 20);
        const SampleRun fitting(loopback(port, family), 5, 1200, 20);
        const std::vector<node::SealedRun> runs = {fitting.run, longer.run, fitting.run};
        CHECK(port.send_or_drop(0, runs) == SendCount{.sent = 15});
        std::vector<std::string> expected = fitting.datagrams;
        for (const auto* more : {&longer.datagrams, &fitting.datagrams}) {
          expected.insert(expected.end(), more->begin(), more->end());
        }
        CHECK(receive_all(port, family) == expected);
      }
    });
  });
}

TEST_CASE("what no datagram can hold is too long") {
  in_network_namespace([] {
    shell("ip link set lo up");
    with_and_without_segmentation([](const UdpPort& port) {
      const Buffer bytes(65'520);
      const std::vector<node::SealedRun> runs = {
          run_of_one(loopback(port), bytes),
          run_of_one(loopback(port), as_bytes("a")),
          // As a run, too: two datagrams of which the first is too long.
          {loopback(port), bytes, 65'510},
          run_of_one(loopback(port), as_bytes("b"))};
      CHECK(port.send_or_drop(0, runs) == SendCount{.sent = 3, .too_long = 2});
      CHECK(receive_all(port) == std::vector<std::string>{"a", std::string(10, 0), "b"});
    });
  });
}

// The kernel keeps datagrams for a neighbour that does not answer, here for longer than any test.
TEST_CASE("what the socket has no room for is congestion, and ends with it") {
  in_network_namespace([] {
    shell("ip link set lo up");
    const auto device = open_tap_device("wire");
    REQUIRE(device);
    shell("ip link set wire up; ip addr add 192.0.2.1/24 dev wire");
    shell("echo 100000000 > /proc/sys/net/ipv4/neigh/wire/unres_qlen_bytes");
    with_and_without_segmentation([](const UdpPort& port) {
      const SampleRun stuck(endpoint("192.0.2.2:9"), 40, 1400);
      SendCount count;
      std::size_t runs = 0;
      while (count.congested == 0) {
        REQUIRE(++runs < 1000);
        count = port.send_or_drop(0, std::span(&stuck.run, 1));
        CHECK(count.sent + count.congested == 40);
      }
      CHECK(port.send_or_drop(0, std::span(&stuck.run, 1)) == SendCount{.congested = 40});
      shell("ip neigh flush dev wire nud incomplete");
      CHECK(send_between(port, endpoint("127.0.0.1:9")) == SendCount{.sent = 6});
    });
  });
}

TEST_CASE("sending goes on where the socket was full, and nothing is lost or sent twice") {
  in_network_namespace([] {
    const auto device = open_tap_device("wire");
    REQUIRE(device);
    shell("ip link set wire up; ip addr add 192.0.2.1/24 dev wire");
    shell("echo 100000000 > /proc/sys/net/ipv4/neigh/wire/unres_qlen_bytes");
    with_and_without_segmentation([&](const UdpPort& port) {
      shell("ip neigh flush dev wire nud all");
      // More than fits a full socket.
      const SampleRun sample(endpoint("192.0.2.2:9"), 40, 1400);
      const std::vector<node::SealedRun> runs(20, sample.run);
      SendPosition position;
      const SendCount first = port.send(0, runs, position);
      CHECK(first.sent == position.run * 40 + position.bytes / 1400);
      CHECK(position.bytes % 1400 == 0);
      REQUIRE(position.run < runs.size());
      const SendPosition full = position;
      CHECK(port.send(0, runs, position) == SendCount{});
      CHECK(position == full);

      shell("ip neigh replace 192.0.2.2 lladdr 02:00:00:00:00:02 dev wire nud permanent");
      pollfd writable{port.descriptor(0, IpFamily::v4), POLLOUT, 0};
      CountedDatagrams counted(*device);
      std::size_t sent = first.sent;
      while (position.run < runs.size()) {
        counted.read();
        REQUIRE(poll(&writable, 1, 5000) == 1);
        sent += port.send(0, runs, position).sent;
      }
      counted.read();
      CHECK(sent == 800);
      CHECK(counted.of_each == std::vector<std::size_t>(40, 20));
    });
  });
}

TEST_CASE("a kernel that cannot cut is not asked again, and nothing is lost") {
  for (const int error : {EIO, EOPNOTSUPP, ENOPROTOOPT}) {
    auto port = UdpPort::open(0, {2, {}});
    REQUIRE(port);
    CHECK(port->offloads().has(Offload::udp_gso));
    std::thread thread([&] {
      refuse_single_messages(error);
      const SampleRun sample(loopback(*port), 3, 100, 20);
      for (int round = 0; round < 2; ++round) {
        CHECK(port->send_or_drop(0, std::span(&sample.run, 1)) == SendCount{.sent = 3});
        auto arrived = receive_all(*port, IpFamily::v4, 0);
        for (const std::string& more : receive_all(*port, IpFamily::v4, 1)) {
          arrived.push_back(more);
        }
        CHECK(arrived == sample.datagrams);
        CHECK_FALSE(port->offloads().has(Offload::udp_gso));
      }
      // A datagram that fails so is not sent by itself a second time.
      const auto one = run_of_one(loopback(*port), as_bytes("alone"));
      CHECK(port->send_or_drop(0, std::span(&one, 1)) == SendCount{.refused = 1});
    });
    thread.join();
    // Until the network is another one.
    port->handle_network_change();
    CHECK(port->offloads().has(Offload::udp_gso));
    const SampleRun sample(loopback(*port), 3, 100, 20);
    CHECK(port->send_or_drop(0, std::span(&sample.run, 1)) == SendCount{.sent = 3});
    CHECK(port->offloads().has(Offload::udp_gso));
  }
  auto without = UdpPort::open(0, {1, Offloads().without(Offload::udp_gso)});
  REQUIRE(without);
  without->handle_network_change();
  CHECK_FALSE(without->offloads().has(Offload::udp_gso));
}

// The system is out of memory for now, or a queue behind the socket is full: not to be waited for.
TEST_CASE("what the system has no memory for is congestion, and what follows is sent") {
  std::thread([] {
    const auto port = UdpPort::open(0);
    REQUIRE(port);
    refuse_single_messages(ENOBUFS);
    const SampleRun sample(loopback(*port), 3, 100, 20);
    SendPosition position;
    CHECK(port->send(0, std::span(&sample.run, 1), position) == SendCount{.congested = 3});
    CHECK(position.run == 1);
    const std::vector<node::SealedRun> two = {sample.run, sample.run};
    CHECK(port->send_or_drop(0, two) == SendCount{.sent = 6});
  }).join();
}

}  // namespace
}  // namespace lanyard::platform
