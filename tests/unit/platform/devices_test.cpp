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
