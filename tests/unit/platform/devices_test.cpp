// SPDX-License-Identifier: Apache-2.0
// TAP devices as the node asks for them, in a network namespace.
#include "platform/devices.h"

#include <algorithm>
#include <fstream>

#include <net/if.h>
#include <poll.h>

#include <doctest/doctest.h>

#include "tests/unit/platform/network_namespace.h"
#include "tests/unit/platform/udp_samples.h"

namespace lanyard::platform {
namespace {

constexpr node::DeviceId kDevice = 0;

node::DeviceConfiguration wanted(std::string name, const char* address) {
  node::DeviceConfiguration out;
  out.device = kDevice;
  out.wanted_name = std::move(name);
  out.mac = {{0x02, 1, 2, 3, 4, 5}};
  out.mtu = 1413;
  out.addresses = {*IpPrefix::parse(address)};
  return out;
}

struct Ground {
  Ground() : netlink(*Netlink::open()), port(*UdpPort::open(0)), workers(port) {
    REQUIRE(workers.start());
  }
  std::vector<IpPrefix> addresses_of(const char* name) {
    std::vector<IpPrefix> out;
    const auto all = netlink.addresses(if_nametoindex(name));
    REQUIRE(all);
    for (const IpPrefix& address : *all) {
      if (!address.address.is_link_local()) out.push_back(address);
    }
    return out;
  }

  Netlink netlink;
  UdpPort port;
  Workers workers;
};

TEST_CASE("a device is made, changed, renamed and closed as the node asks") {
  in_network_namespace([] {
    Ground ground;
    Devices devices(ground.netlink, ground.workers, Offloads::none());
    const auto made = devices.configure(wanted("", "10.77.0.1/16"));
    REQUIRE(made);
    CHECK(*made == "lanyard0");
    CHECK(ground.netlink.underlay()->empty());
    char setting = 0;
    std::ifstream("/proc/sys/net/ipv6/conf/lanyard0/accept_ra") >> setting;
    CHECK(setting == '0');

    const auto changed = devices.configure(wanted("", "10.77.0.2/16"));
    REQUIRE(changed);
    CHECK(*changed == "lanyard0");
    CHECK(ground.addresses_of("lanyard0") ==
          std::vector<IpPrefix>{*IpPrefix::parse("10.77.0.2/16")});

    const auto renamed = devices.configure(wanted("office", "10.77.0.2/16"));
    REQUIRE(renamed);
    CHECK(*renamed == "office");
    CHECK(if_nametoindex("lanyard0") == 0);
    devices.close(kDevice);
    CHECK(if_nametoindex("office") == 0);
  });
}

TEST_CASE("TCP's super-frames under the limit fill one run and no more") {
  // Data header 8, kind 1, Ethernet header 14, tag 16 (protocol.md 4).
  constexpr std::uint32_t kOverhead = 39;
  for (std::uint32_t mtu = 1280; mtu <= 16'384; mtu += 7) {
    CAPTURE(mtu);
    const std::uint32_t limit = super_frame_limit(mtu);
    REQUIRE(limit <= 65'536);
    const std::uint32_t most = std::max(65'507 / (mtu + kOverhead), 1U);
    // What a kernel may take off, with the least and the most of its own headers.
    for (const std::uint32_t kernel_headers : {193U, 321U}) {
      const std::uint32_t with_v4 = (limit - kernel_headers) / (mtu - 52);
      const std::uint32_t with_v6 = (limit - kernel_headers) / (mtu - 72);
      REQUIRE(with_v4 == most);
      REQUIRE(with_v6 == most);
    }
  }
  CHECK(super_frame_limit(1413) == 45 * 1361 + 321);
  CHECK(super_frame_limit(8913) == 7 * 8861 + 321);
  CHECK(super_frame_limit(576) == 64 * 524 + 321);
  CHECK(super_frame_limit(68) > 68);
}

std::uint32_t limit_of(const std::string& device) {
  const std::string text = output_of("ip -d link show " + device);
  const std::string name = "gso_max_size ";
  const std::size_t found = text.find(name);
  REQUIRE(found != std::string::npos);
  return static_cast<std::uint32_t>(std::stoul(text.substr(found + name.size())));
}

constexpr std::uint32_t kKernelLimit = 65'536;
void forward_nothing() {
  shell("for f in /proc/sys/net/ipv[46]/conf/*/forwarding; do echo 0 > $f; done");
}

TEST_CASE("super-frames are limited as the device's MTU wants it, unless others make them too") {
  in_network_namespace([] {
    forward_nothing();
    Ground ground;
    Devices devices(ground.netlink, ground.workers, {});
    node::DeviceConfiguration configuration = wanted("office", "10.77.0.1/16");
    for (const std::uint32_t mtu : {1413U, 8913U, 576U}) {
      configuration.mtu = mtu;
      REQUIRE(devices.configure(configuration));
      CHECK(limit_of("office") == super_frame_limit(mtu));
    }
    // Others have interfaces on top.
    shell("ip link add bridge0 type bridge; ip link add some type veth peer name other");
    shell("ip link set some master bridge0; ip link add link other name upper type macvlan");
    devices.handle_network_change();
    CHECK(limit_of("office") == super_frame_limit(576));
    shell("ip link set office master bridge0");
    devices.handle_network_change();
    CHECK(limit_of("office") == kKernelLimit);
    // For good.
    shell("ip link set office nomaster");
    devices.handle_network_change();
    configuration.mtu = 1413;
    REQUIRE(devices.configure(configuration));
    CHECK(limit_of("office") == kKernelLimit);
  });
}

TEST_CASE("super-frames are not limited where the machine forwards or has interfaces on top") {
  for (const char* use :
       {"echo 1 > /proc/sys/net/ipv4/ip_forward", "echo 1 > /proc/sys/net/ipv6/conf/all/forwarding",
        "ip link add link office name upper type macvlan"}) {
    CAPTURE(use);
    in_network_namespace([&] {
      forward_nothing();
      auto monitor = NetlinkMonitor::open();
      REQUIRE(monitor);
      Ground ground;
      Devices devices(ground.netlink, ground.workers, {});
      REQUIRE(devices.configure(wanted("office", "10.77.0.1/16")));
      CHECK(limit_of("office") == super_frame_limit(1413));
      monitor->drain();
      shell(use);
      pollfd poll_for{monitor->descriptor(), POLLIN, 0};
      CHECK(poll(&poll_for, 1, 1000) == 1);
      devices.handle_network_change();
      CHECK(limit_of("office") == kKernelLimit);
    });
  }
}

TEST_CASE("what finds a device's queue full is counted") {
  in_network_namespace([] {
    Ground ground;
    // Nobody reads it.
    const auto wire = open_tap_device("wire", {1, Offloads::none()});
    REQUIRE(wire);
    shell(
        "ip link set wire txqueuelen 10 up; ip addr add 192.0.2.1/24 dev wire;"
        "ip neigh add 192.0.2.2 lladdr 02:00:00:00:00:02 dev wire");
    const std::uint64_t before = *ground.netlink.lost_frames(wire->index);
    const SampleRun sample(*Endpoint::parse("192.0.2.2:9"), 64, 100);
    for (int i = 0; i < 4; ++i)
      CHECK(ground.port.send_or_drop(0, std::span(&sample.run, 1)).sent == 64);
    CHECK(*ground.netlink.lost_frames(wire->index) >= before + 4 * 64 - 10);
    CHECK_FALSE(ground.netlink.lost_frames(12'345));
  });
}

TEST_CASE("a device that makes no super-frames is left alone") {
  in_network_namespace([] {
    forward_nothing();
    Ground ground;
    Devices devices(ground.netlink, ground.workers, Offloads().without(Offload::tso));
    REQUIRE(devices.configure(wanted("office", "10.77.0.1/16")));
    CHECK(limit_of("office") == kKernelLimit);
  });
}

TEST_CASE("a device that cannot be configured does not stay behind") {
  in_network_namespace([] {
    Ground ground;
    Devices devices(ground.netlink, ground.workers, Offloads::none());
    node::DeviceConfiguration impossible = wanted("broken", "10.77.0.1/16");
    impossible.mtu = 10;
    CHECK_FALSE(devices.configure(impossible));
    CHECK(if_nametoindex("broken") == 0);
    {
      Devices short_lived(ground.netlink, ground.workers, Offloads::none());
      CHECK(short_lived.configure(wanted("broken", "10.77.0.1/16")));
    }
    CHECK(if_nametoindex("broken") == 0);
  });
}

}  // namespace
}  // namespace lanyard::platform
