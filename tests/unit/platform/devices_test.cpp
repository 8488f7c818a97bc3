// SPDX-License-Identifier: Apache-2.0
// TAP devices as the node asks for them, in a network namespace.
#include "platform/devices.h"

#include <fstream>

#include <net/if.h>

#include <doctest/doctest.h>

#include "tests/unit/platform/network_namespace.h"

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
  Ground() : netlink(*Netlink::open()), port(*UdpPort::open(0)), worker(port) {
    REQUIRE(worker.start());
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
  Worker worker;
};

TEST_CASE("a device is made, changed, renamed and closed as the node asks") {
  in_network_namespace([] {
    Ground ground;
    Devices devices(ground.netlink, {&ground.worker}, Offloads::none());
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

TEST_CASE("the datagrams of a super-frame of as many segments as are allowed fit one run") {
  // Data header 8, kind 1, Ethernet header 14, tag 16 (protocol.md 4).
  constexpr std::uint32_t kOverhead = 39;
  for (std::uint32_t mtu = 68; mtu <= 65'535; mtu += 7) {
    const std::uint32_t segments = segments_per_run(mtu);
    CAPTURE(mtu);
    REQUIRE(segments >= 1);
    REQUIRE(segments <= 64);
    if (segments > 1) REQUIRE(segments * (mtu + kOverhead) <= 65'507);
    if (segments < 64) REQUIRE((segments + 1) * (mtu + kOverhead) > 65'507);
  }
  CHECK(segments_per_run(1413) == 45);
  CHECK(segments_per_run(8913) == 7);
  CHECK(segments_per_run(576) == 64);
  CHECK(segments_per_run(65'000) == 1);
}

TEST_CASE("the kernel's super-frames are limited as the device's MTU wants it") {
  in_network_namespace([] {
    Ground ground;
    Devices devices(ground.netlink, {&ground.worker}, Offloads::none());
    node::DeviceConfiguration configuration = wanted("office", "10.77.0.1/16");
    for (const std::uint32_t mtu : {1413U, 8913U, 576U}) {
      configuration.mtu = mtu;
      REQUIRE(devices.configure(configuration));
      const std::string expected = "gso_max_segs " + std::to_string(segments_per_run(mtu)) + " ";
      CHECK(output_of("ip -d link show office").find(expected) != std::string::npos);
    }
  });
}

TEST_CASE("a device that cannot be configured does not stay behind") {
  in_network_namespace([] {
    Ground ground;
    Devices devices(ground.netlink, {&ground.worker}, Offloads::none());
    node::DeviceConfiguration impossible = wanted("broken", "10.77.0.1/16");
    impossible.mtu = 10;
    CHECK_FALSE(devices.configure(impossible));
    CHECK(if_nametoindex("broken") == 0);
    {
      Devices short_lived(ground.netlink, {&ground.worker}, Offloads::none());
      CHECK(short_lived.configure(wanted("broken", "10.77.0.1/16")));
    }
    CHECK(if_nametoindex("broken") == 0);
  });
}

}  // namespace
}  // namespace lanyard::platform
