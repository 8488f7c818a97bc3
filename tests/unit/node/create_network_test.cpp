// SPDX-License-Identifier: Apache-2.0
// Making a network, and what is refused about it.
#include <doctest/doctest.h>

#include "tests/unit/node/test_machine.h"

namespace lanyard::node::test {

namespace {

control::CreateNetwork new_network(std::string name) {
  control::CreateNetwork request;
  request.name = std::move(name);
  return request;
}

// Nothing has come of it.
void check_untouched(TestMachine& machine) {
  CHECK(machine.status().networks.empty());
  CHECK(machine.open_devices.empty());
  CHECK(machine.disk.size() == 1);
  CHECK(machine.disk.count("daemon") == 1);
}

void check_refused(const control::CreateNetwork& request, Errc code) {
  TestMachine machine(1);
  machine.start();
  INFO(request.name);
  const Error error = machine.refusal(request);
  CHECK(error.code == code);
  CHECK_FALSE(error.message.empty());
  check_untouched(machine);
}

}  // namespace

TEST_CASE("create: a network as it was asked for") {
  TestMachine machine(1);
  machine.start();
  control::CreateNetwork request = new_network("lab");
  request.subnet = "10.99.0.0/16";
  request.address = "10.99.7.7";
  request.interface = "lab0";
  request.mtu = 1300;
  request.member_name = "gateway";
  const auto reply = machine.ask<control::NetworkReply>(request);
  CHECK(reply.name == "lab");
  CHECK(reply.interface == "lab0");
  REQUIRE(reply.addresses.size() == 2);
  CHECK(reply.addresses[0] == "10.99.7.7/16");
  CHECK(machine.disk.count("networks/" + reply.id + ".network") == 1);
  CHECK(machine.disk.count("networks/" + reply.id + ".roster") == 1);

  REQUIRE(machine.open_devices.size() == 1);
  const DeviceConfiguration& device = machine.open_devices.begin()->second;
  CHECK(device.mtu == 1300);
  CHECK(device.wanted_name == "lab0");
  CHECK(device.addresses.size() == 2);

  const control::Status status = machine.status();
  REQUIRE(status.networks.size() == 1);
  CHECK(status.networks[0].state == control::NetworkState::up);
  CHECK(status.networks[0].admin);
  REQUIRE(status.networks[0].members.size() == 1);
  CHECK(status.networks[0].members[0].name == "gateway");
  CHECK(status.networks[0].members[0].self);
  CHECK(status.networks[0].mac == device.mac.to_string());
}

TEST_CASE("create: with a name alone") {
  TestMachine machine(1, "anna.example.org");
  machine.start();
  const auto reply = machine.create("lab");
  CHECK(reply.interface == "lanyard0");
  CHECK(machine.open_devices.begin()->second.mtu == 1500 - 91);
  CHECK(machine.status().networks.at(0).members.at(0).name == "anna");
  // A second one gets a device and a subnet of its own.
  const auto second = machine.create("office");
  CHECK(second.interface == "lanyard1");
  const auto first_subnet = IpPrefix::parse(reply.addresses.at(0));
  const auto second_subnet = IpPrefix::parse(second.addresses.at(0));
  REQUIRE(first_subnet);
  REQUIRE(second_subnet);
  CHECK_FALSE(first_subnet->overlaps(*second_subnet));
}

TEST_CASE("create: names that are refused") {
  for (const char* name : {"", "two words", "-lab", "../lab", "lab/a",
                           "a-name-of-more-than-thirty-two-bytes", "\x1b[31m"}) {
    check_refused(new_network(name), Errc::invalid);
  }
  control::CreateNetwork request = new_network("lab");
  request.member_name = "not a name";
  check_refused(request, Errc::invalid);
  request.member_name = "";
  check_refused(request, Errc::invalid);
}

TEST_CASE("create: subnets that are refused") {
  control::CreateNetwork request = new_network("lab");
  for (const char* clash : {"192.168.1.0/24", "192.168.0.0/16", "192.168.1.128/25"}) {
    request.subnet = clash;
    check_refused(request, Errc::conflict);
  }
  for (const char* senseless : {"", "10.99.0.0", "10.99.0.0/30", "10.0.0.0/7", "224.0.0.0/16",
                                "fd00::/64", "10.99.0.0/16 "}) {
    request.subnet = senseless;
    check_refused(request, Errc::invalid);
  }
}

TEST_CASE("create: a subnet of another network of this machine") {
  TestMachine machine(1);
  machine.start();
  control::CreateNetwork request = new_network("lab");
  request.subnet = "10.99.0.0/16";
  (void)machine.ask<control::NetworkReply>(request);
  request = new_network("office");
  request.subnet = "10.99.8.0/24";
  CHECK(machine.refusal(request).code == Errc::conflict);
  CHECK(machine.status().networks.size() == 1);
}

TEST_CASE("create: own addresses that are refused") {
  control::CreateNetwork request = new_network("lab");
  request.subnet = "10.99.0.0/16";
  for (const char* address :
       {"", "10.98.0.1", "10.99.0.0", "10.99.255.255", "10.99.0.1/16", "fd00::1", "anna"}) {
    request.address = address;
    check_refused(request, Errc::invalid);
  }
}

TEST_CASE("create: MTUs that are refused") {
  control::CreateNetwork request = new_network("lab");
  for (const std::uint32_t mtu : {0u, 575u, 1414u, 9000u, 0xffffffffu}) {
    request.mtu = mtu;
    check_refused(request, Errc::invalid);
  }
  TestMachine machine(1);
  machine.start();
  for (const std::uint32_t mtu : {576u, 1409u}) {
    request.name = "lab" + std::to_string(mtu);
    request.mtu = mtu;
    (void)machine.ask<control::NetworkReply>(request);
  }
}

TEST_CASE("create: on an underlay that hardly carries anything") {
  TestMachine machine(1);
  machine.underlay_mtu = 68;  // RFC 791: the least that there is
  machine.start();
  control::CreateNetwork request = new_network("lab");
  for (const std::uint32_t mtu : {577u, 70'000u, 0xffffffffu}) {
    request.mtu = mtu;
    CHECK(machine.refusal(request).code == Errc::invalid);
  }
  (void)machine.create("lab");
  CHECK(machine.open_devices.begin()->second.mtu == 576);
}

TEST_CASE("create: a name that is taken") {
  TestMachine machine(1);
  machine.start();
  (void)machine.create("lab");
  CHECK(machine.refusal(new_network("lab")).code == Errc::exists);
  CHECK(machine.status().networks.size() == 1);
}

TEST_CASE("create: undone when there is no device for it") {
  TestMachine machine(1);
  machine.devices = Devices::fail;
  machine.start();
  const Error error = machine.refusal(new_network("lab"));
  CHECK(error.code == Errc::unavailable);
  CHECK(error.message == "there is no /dev/net/tun");
  check_untouched(machine);
  machine.devices = Devices::open;
  CHECK(machine.create("lab").name == "lab");
}

TEST_CASE("create: answered when the device is there, and left before that") {
  TestMachine machine(1);
  machine.devices = Devices::hang;
  machine.start();
  const RequestId creation = machine.request(new_network("lab"));
  CHECK_FALSE(machine.is_answered(creation));
  CHECK(machine.status().networks.at(0).state == control::NetworkState::starting);
  (void)machine.ask<control::Done>(control::LeaveNetwork{});
  CHECK_FALSE(machine.answer(creation));  // nobody is left waiting
  check_untouched(machine);
}

}  // namespace lanyard::node::test
