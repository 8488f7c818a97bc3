// SPDX-License-Identifier: Apache-2.0
// TAP devices and netlink, in a network namespace.
#include <algorithm>

#include <net/if.h>
#include <poll.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <doctest/doctest.h>

#include "platform/netlink.h"
#include "platform/tap_device.h"
#include "tests/unit/platform/network_namespace.h"

namespace lanyard::platform {
namespace {

constexpr MacAddress kMac{{0x02, 0x11, 0x22, 0x33, 0x44, 0x55}};

IpPrefix prefix(const char* text) { return *IpPrefix::parse(text); }

// Without IPv6 link-local addresses, which the kernel adds by itself.
std::vector<std::string> addresses_of(Netlink& netlink, const TapDevice& device) {
  const auto all = netlink.addresses(device.index);
  REQUIRE(all);
  std::vector<std::string> out;
  for (const IpPrefix& address : *all) {
    if (!address.address.is_link_local()) out.push_back(address.to_string());
  }
  std::sort(out.begin(), out.end());
  return out;
}

std::vector<std::string> names_of(const Result<std::vector<UnderlayInterface>>& interfaces) {
  REQUIRE(interfaces);
  std::vector<std::string> out;
  for (const UnderlayInterface& interface : *interfaces) out.push_back(interface.name);
  return out;
}

TEST_CASE("a TAP device is named, configured and gone with its descriptor") {
  in_network_namespace([] {
    auto netlink = Netlink::open();
    REQUIRE(netlink);
    auto device = open_tap_device("");
    REQUIRE(device);
    CHECK(device->name == "lanyard0");
    REQUIRE(netlink->set_link(device->index, kMac, 1413));
    REQUIRE(netlink->set_up(device->index));

    const std::vector<IpPrefix> first = {prefix("10.77.3.12/16"), prefix("fd00:1::5/64")};
    REQUIRE(netlink->set_addresses(device->index, first));
    CHECK(addresses_of(*netlink, *device) ==
          std::vector<std::string>{"10.77.3.12/16", "fd00:1::5/64"});
    REQUIRE(netlink->set_addresses(device->index, first));
    CHECK(addresses_of(*netlink, *device).size() == 2);

    const std::vector<IpPrefix> second = {prefix("10.77.3.13/16"), prefix("10.78.0.1/24"),
                                          prefix("fd00:1::5/64")};
    REQUIRE(netlink->set_addresses(device->index, second));
    CHECK(addresses_of(*netlink, *device) ==
          std::vector<std::string>{"10.77.3.13/16", "10.78.0.1/24", "fd00:1::5/64"});
    REQUIRE(netlink->set_addresses(device->index, {}));
    CHECK(addresses_of(*netlink, *device).empty());

    const auto interfaces = netlink->underlay();
    REQUIRE(interfaces);
    REQUIRE(interfaces->size() == 1);
    CHECK(interfaces->front().mtu == 1413);

    const std::uint32_t index = device->index;
    device->queues.clear();
    CHECK_FALSE(netlink->set_up(index));
    CHECK(if_nametoindex("lanyard0") == 0);
  });
}

TEST_CASE("a device whose MTU is too small for IPv6 keeps its IPv4 address") {
  in_network_namespace([] {
    auto netlink = Netlink::open();
    const auto device = open_tap_device("small");
    REQUIRE(netlink);
    REQUIRE(device);
    REQUIRE(netlink->set_link(device->index, kMac, 1193));
    REQUIRE(netlink->set_up(device->index));
    const std::vector<IpPrefix> both = {prefix("fd00:1::5/64"), prefix("10.77.3.12/16")};
    REQUIRE(netlink->set_addresses(device->index, both));
    CHECK(addresses_of(*netlink, *device) == std::vector<std::string>{"10.77.3.12/16"});
  });
}

TEST_CASE("the underlay is neither loopback nor our own devices nor what is down") {
  in_network_namespace([] {
    auto netlink = Netlink::open();
    REQUIRE(netlink);
    const auto own = open_tap_device("");
    const auto wire = open_tap_device("wire0");
    const auto other = open_tap_device("wire1");
    const auto down = open_tap_device("wire2");
    for (const auto* device : {&own, &wire, &other, &down}) REQUIRE(*device);
    REQUIRE(netlink->set_up(1));  // loopback
    REQUIRE(netlink->mark_as_ours(own->index));
    for (const auto* device : {&own, &wire, &other}) REQUIRE(netlink->set_up((*device)->index));
    const std::vector<IpPrefix> wire_addresses = {prefix("192.0.2.7/24"), prefix("fd00:2::7/64")};
    REQUIRE(netlink->set_addresses(wire->index, wire_addresses));
    const std::vector<IpPrefix> own_addresses = {prefix("10.77.3.12/16")};
    REQUIRE(netlink->set_addresses(own->index, own_addresses));

    const auto interfaces = netlink->underlay();
    CHECK(names_of(interfaces) == std::vector<std::string>{"wire0", "wire1"});
    const node::Underlay underlay = describe_underlay(*interfaces);
    REQUIRE(underlay.addresses.size() == 2);
    for (const node::LocalAddress& address : underlay.addresses) {
      CHECK(address.interface == "wire0");
      CHECK(std::count(wire_addresses.begin(), wire_addresses.end(), address.prefix) == 1);
    }
  });
}

TEST_CASE("the underlay's MTU is the smallest of the interfaces that have an address") {
  const auto interface = [](const char* name, std::uint32_t mtu, std::vector<IpPrefix> addresses) {
    return UnderlayInterface{1, name, mtu, true, std::move(addresses)};
  };
  const std::vector<UnderlayInterface> interfaces = {
      interface("none", 576, {}),
      interface("link-local", 1000, {prefix("fe80::1/64"), prefix("169.254.1.1/16")}),
      interface("a", 1500, {prefix("192.0.2.1/24")}),
      interface("b", 1420, {prefix("fd00::1/64"), prefix("fe80::1/64")})};
  const node::Underlay underlay = describe_underlay(interfaces);
  CHECK(underlay.mtu == 1420);
  CHECK(underlay.addresses.size() == 2);
  CHECK(describe_underlay({}).mtu == 1500);
}

TEST_CASE("changes of links and addresses are noticed") {
  in_network_namespace([] {
    auto netlink = Netlink::open();
    auto monitor = NetlinkMonitor::open();
    REQUIRE(netlink);
    REQUIRE(monitor);
    pollfd poll_for{monitor->descriptor(), POLLIN, 0};
    CHECK(poll(&poll_for, 1, 0) == 0);
    const auto device = open_tap_device("wire0");
    REQUIRE(device);
    CHECK(poll(&poll_for, 1, 1000) == 1);
    monitor->drain();
    CHECK(poll(&poll_for, 1, 0) == 0);
    REQUIRE(netlink->set_addresses(device->index, std::vector<IpPrefix>{prefix("192.0.2.7/24")}));
    CHECK(poll(&poll_for, 1, 1000) == 1);
  });
}

TEST_CASE("a TAP device with a name that is taken or no name is refused") {
  in_network_namespace([] {
    const auto first = open_tap_device("mine");
    REQUIRE(first);
    for (const char* taken : {"mine", "lo"}) {
      const auto second = open_tap_device(taken);
      REQUIRE_FALSE(second);
      CHECK(second.error().code == Errc::conflict);
      CHECK(second.error().hint.find("--interface") != std::string::npos);
    }
    for (const char* name : {"sixteen-letters-", "a b", "a/b", "..", "eth%d", "a:b"}) {
      CAPTURE(name);
      const auto device = open_tap_device(name);
      REQUIRE_FALSE(device);
      CHECK(device.error().code == Errc::invalid);
    }
  });
}

TEST_CASE("a machine without TAP devices, and a user without the right, are told the remedy") {
  in_network_namespace([] {
    // The system call, for the library's function would change all threads.
    REQUIRE(mount("none", "/dev/net", "tmpfs", 0, nullptr) == 0);
    const auto missing = open_tap_device("");
    REQUIRE_FALSE(missing);
    CHECK(missing.error().code == Errc::unavailable);
    CHECK(missing.error().hint.find("modprobe tun") != std::string::npos);
    REQUIRE(umount("/dev/net") == 0);

    REQUIRE(syscall(SYS_setresuid, 65534, 65534, 65534) == 0);
    const auto forbidden = open_tap_device("");
    REQUIRE_FALSE(forbidden);
    CHECK(forbidden.error().code == Errc::permission);
    CHECK(forbidden.error().hint.find("root") != std::string::npos);
    auto netlink = Netlink::open();
    REQUIRE(netlink);
    const auto refused = netlink->set_up(1);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == Errc::permission);
  });
}

}  // namespace
}  // namespace lanyard::platform
