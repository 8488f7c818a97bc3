// SPDX-License-Identifier: Apache-2.0
#include "platform/lan_multicast.h"

#include <poll.h>
#include <unistd.h>

#include <doctest/doctest.h>

#include "platform/tap_device.h"
#include "platform/udp_port.h"
#include "tests/unit/platform/network_namespace.h"

namespace lanyard::platform {
namespace {

std::vector<std::string> receive_all(LanMulticast& lan, IpFamily family) {
  std::vector<std::string> out;
  while (const auto datagram = lan.receive(family)) {
    out.push_back(datagram->from.address.to_string() + " " + lanyard::to_string(datagram->payload));
  }
  return out;
}

// Whether a frame that holds the text has left by the device.
bool has_sent(const TapDevice& device, std::string_view text) {
  std::array<std::uint8_t, 2048> frame;
  bool is_found = false;
  while (true) {
    const ssize_t size = read(device.queues.front()->get(), frame.data(), frame.size());
    if (size <= 0) return is_found;
    const std::string_view bytes = as_text(Bytes(frame).first(static_cast<std::size_t>(size)));
    is_found = is_found || bytes.find(text) != std::string_view::npos;
  }
}

struct Wire {
  TapDevice device;
  UnderlayInterface interface;
};

Wire make_wire(Netlink& netlink, const char* name, std::vector<IpPrefix> addresses) {
  auto device = open_tap_device(name, {1, Offloads::none()});
  REQUIRE(device);
  REQUIRE(netlink.set_up(device->index));
  REQUIRE(netlink.set_addresses(device->index, addresses));
  UnderlayInterface interface { device->index, device->name, 1500, true, std::move(addresses) };
  return {std::move(*device), std::move(interface)};
}

TEST_CASE("daemons of one machine hear each other, and only underlay interfaces carry beacons") {
  in_network_namespace([] {
    auto netlink = Netlink::open();
    REQUIRE(netlink);
    const Wire wire = make_wire(
        *netlink, "wire0", {*IpPrefix::parse("192.0.2.7/24"), *IpPrefix::parse("fd00:2::7/64")});
    const Wire own = make_wire(*netlink, "lanyard0", {*IpPrefix::parse("10.77.0.1/16")});

    auto alice = LanMulticast::open();
    auto bob = LanMulticast::open();
    REQUIRE(alice);
    REQUIRE(bob);
    const std::vector<UnderlayInterface> interfaces = {wire.interface};
    alice->set_interfaces(interfaces);
    bob->set_interfaces(interfaces);
    alice->send(as_bytes("beacon"));

    CHECK(receive_all(*bob, IpFamily::v4) == std::vector<std::string>{"192.0.2.7 beacon"});
    CHECK(receive_all(*bob, IpFamily::v6) == std::vector<std::string>{"fd00:2::7 beacon"});
    CHECK(receive_all(*alice, IpFamily::v4).size() == 1);
    CHECK(has_sent(wire.device, "beacon"));
    CHECK_FALSE(has_sent(own.device, "beacon"));

    // The interface has gone from the underlay: nothing is heard there any more.
    bob->set_interfaces({});
    alice->send(as_bytes("second"));
    CHECK(receive_all(*bob, IpFamily::v4).empty());
    CHECK(receive_all(*bob, IpFamily::v6).empty());
    bob->set_interfaces(interfaces);
    alice->send(as_bytes("third"));
    CHECK(receive_all(*bob, IpFamily::v4) == std::vector<std::string>{"192.0.2.7 third"});
  });
}

TEST_CASE("datagrams that are not for the group are passed over") {
  in_network_namespace([] {
    auto netlink = Netlink::open();
    REQUIRE(netlink);
    const Wire wire = make_wire(*netlink, "wire0", {*IpPrefix::parse("192.0.2.7/24")});
    REQUIRE(netlink->set_up(1));  // loopback, by which a machine talks to itself
    auto lan = LanMulticast::open();
    const auto port = UdpPort::open(0);
    REQUIRE(lan);
    REQUIRE(port);
    lan->set_interfaces(std::vector<UnderlayInterface>{wire.interface});
    const Endpoint unicast{*IpAddress::parse("192.0.2.7"), kLanPort};
    const std::vector<node::SealedRun> one = {run_of_one(unicast, as_bytes("unicast"))};
    CHECK(port->send_or_drop(0, one).sent == 1);
    lan->send(Buffer(2000));
    lan->send(as_bytes("beacon"));
    CHECK(receive_all(*lan, IpFamily::v4) == std::vector<std::string>{"192.0.2.7 beacon"});
  });
}

}  // namespace
}  // namespace lanyard::platform
