// SPDX-License-Identifier: Apache-2.0
// The control thread's datagrams while their socket is full of a worker's, in a network namespace
// whose neighbour does not answer until it is made to.
#include "platform/control_sender.h"

#include <array>
#include <string>
#include <thread>

#include <unistd.h>

#include <doctest/doctest.h>

#include "platform/tap_device.h"
#include "tests/unit/platform/network_namespace.h"
#include "tests/unit/platform/refused_calls.h"
#include "tests/unit/platform/udp_samples.h"

namespace lanyard::platform {
namespace {

DropList drops_of(const ControlSender& sender) {
  DropList out;
  sender.tell_drops(out);
  return out;
}

TEST_CASE("control datagrams wait for room in a full socket, and leave when there is some") {
  in_network_namespace([] {
    const auto wire = open_tap_device("wire");
    REQUIRE(wire);
    shell("ip link set wire up; ip addr add 192.0.2.1/24 dev wire");
    shell("echo 100000000 > /proc/sys/net/ipv4/neigh/wire/unres_qlen_bytes");
    const auto port = UdpPort::open(0);
    REQUIRE(port);
    const Endpoint neighbour = *Endpoint::parse("192.0.2.2:9");
    const SampleRun bulk(neighbour, 40, 1400);
    while (port->send_or_drop(0, std::span(&bulk.run, 1)).congested == 0) {
    }

    EventLoop loop;
    ControlSender sender(loop, *port);
    const std::string text = "what keeps a session alive";
    sender.send({{neighbour, to_buffer(as_bytes(text))}});
    CHECK(drops_of(sender).empty());
    // The last of these is one too many.
    constexpr std::size_t kSize = 1024;
    const Datagrams more(ControlSender::kMaxWaitingBytes / kSize, {neighbour, Buffer(kSize)});
    sender.send(more);
    const DropList one_dropped = {{"udp_congested", 1}};
    CHECK(drops_of(sender) == one_dropped);

    shell("ip neigh replace 192.0.2.2 lladdr 02:00:00:00:00:02 dev wire nud permanent");
    bool has_come = false;
    ReadableWatch watch(loop, wire->queues[0]->get(), [&] {
      std::array<char, 80'000> frame;
      const ssize_t size = ::read(wire->queues[0]->get(), frame.data(), frame.size());
      if (size <= 0) return;
      has_come = std::string_view(frame.data(), static_cast<std::size_t>(size)).find(text) !=
                 std::string_view::npos;
      if (has_come) loop.stop();
    });
    Timer patience(loop, [&] { loop.stop(); });
    patience.start(seconds(5));
    loop.run();
    CHECK(has_come);
    CHECK(drops_of(sender) == one_dropped);
  });
}

TEST_CASE("a control datagram that is refused without want of room is given up") {
  std::thread([] {
    const auto port = UdpPort::open(0);
    REQUIRE(port);
    refuse_single_messages(EAGAIN);
    EventLoop loop;
    ControlSender sender(loop, *port);
    sender.send({{*Endpoint::parse("127.0.0.1:9"), to_buffer(as_bytes("refused"))}});
    CHECK(drops_of(sender).empty());
    const DropList expected = {{"udp_congested", 1}};
    sender.finish(seconds(5));
    CHECK(drops_of(sender) == expected);
  }).join();
}

}  // namespace
}  // namespace lanyard::platform
