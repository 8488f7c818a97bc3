// SPDX-License-Identifier: Apache-2.0
// Networks coming up, going down and being left; which one a request means; what a restart keeps.
#include <doctest/doctest.h>

#include "tests/unit/node/test_lan.h"

namespace lanyard::node::test {

namespace {

std::string network_file(const control::NetworkReply& network) {
  return "networks/" + network.id + ".network";
}

std::string roster_file(const control::NetworkReply& network) {
  return "networks/" + network.id + ".roster";
}

control::NetworkState state_of(TestMachine& machine, std::size_t index = 0) {
  return machine.status().networks.at(index).state;
}

}  // namespace

TEST_CASE("networks: down and up again") {
  TestMachine machine(1);
  machine.start();
  const auto network = machine.create("lab");
  const Buffer file_when_up = machine.disk.at(network_file(network));
  (void)machine.ask<control::Done>(control::NetworkDown{"lab"});
  CHECK(state_of(machine) == control::NetworkState::down);
  CHECK(machine.open_devices.empty());
  CHECK(machine.disk.at(network_file(network)) != file_when_up);  // stays down after a restart

  const auto reply = machine.ask<control::NetworkReply>(control::NetworkUp{"lab", "lab7", 1300});
  CHECK(reply.id == network.id);
  CHECK(reply.addresses == network.addresses);
  CHECK(reply.interface == "lab7");
  CHECK(state_of(machine) == control::NetworkState::up);
  CHECK(machine.open_devices.begin()->second.mtu == 1300);
}

TEST_CASE("networks: up when it is up already") {
  TestMachine machine(1);
  machine.start();
  (void)machine.create("lab");
  CHECK(machine.ask<control::NetworkReply>(control::NetworkUp{}).name == "lab");
  CHECK(machine.refusal(control::NetworkUp{"lab", "other0", {}}).code == Errc::conflict);
  CHECK(machine.refusal(control::NetworkUp{"lab", {}, 100}).code == Errc::invalid);
  CHECK(state_of(machine) == control::NetworkState::up);
}

TEST_CASE("networks: up without a device") {
  TestMachine machine(1);
  machine.start();
  const auto network = machine.create("lab");
  (void)machine.ask<control::Done>(control::NetworkDown{});
  machine.devices = Devices::fail;
  CHECK(machine.refusal(control::NetworkUp{}).code == Errc::unavailable);
  CHECK(state_of(machine) == control::NetworkState::down);
  CHECK(machine.disk.count(network_file(network)) == 1);
}

TEST_CASE("networks: down while it is coming up") {
  TestMachine machine(1);
  machine.start();
  (void)machine.create("lab");
  (void)machine.ask<control::Done>(control::NetworkDown{});
  machine.devices = Devices::hang;
  const RequestId up = machine.request(control::NetworkUp{});
  CHECK_FALSE(machine.is_answered(up));
  (void)machine.ask<control::Done>(control::NetworkDown{});
  CHECK_FALSE(machine.answer(up));
  CHECK(state_of(machine) == control::NetworkState::down);
}

TEST_CASE("networks: left for good") {
  TestMachine machine(1);
  machine.start();
  const auto network = machine.create("lab");
  (void)machine.ask<control::Done>(control::LeaveNetwork{"lab"});
  CHECK(machine.status().networks.empty());
  CHECK(machine.open_devices.empty());
  CHECK(machine.disk.count(network_file(network)) == 0);
  CHECK(machine.disk.count(roster_file(network)) == 0);
  run({&machine}, seconds(60));
  machine.stop();
  CHECK(machine.disk.size() == 1);
}

TEST_CASE("networks: none, or another") {
  TestMachine machine(1);
  machine.start();
  const auto each = [&](const std::string& network, Errc code) {
    control::CreateInvite invitation;
    invitation.network = network;
    control::Ping ping;
    ping.network = network;
    const std::vector<control::Request> requests = {control::NetworkUp{network, {}, {}},
                                                    control::NetworkDown{network},
                                                    control::LeaveNetwork{network},
                                                    invitation,
                                                    control::ListInvites{network},
                                                    control::RevokeInvite{network, "0123"},
                                                    ping};
    for (const control::Request& request : requests) {
      const Error error = machine.refusal(request);
      CHECK(error.code == code);
      CHECK_FALSE(error.hint.empty());
    }
  };
  each("", Errc::not_found);
  each("lab", Errc::not_found);
  (void)machine.create("lab");
  each("office", Errc::not_found);
  each("la", Errc::not_found);
  CHECK(state_of(machine) == control::NetworkState::up);
}

TEST_CASE("networks: of several, a request has to name one") {
  TestMachine machine(1);
  machine.start();
  (void)machine.create("lab");
  const auto office = machine.create("office");
  const Error error = machine.refusal(control::NetworkDown{});
  CHECK(error.code == Errc::invalid);
  CHECK(error.message.find("lab") != std::string::npos);
  CHECK(error.message.find("office") != std::string::npos);
  CHECK(error.hint.find("--network") != std::string::npos);

  (void)machine.ask<control::Done>(control::NetworkDown{office.id.substr(0, 8)});
  CHECK(machine.refusal(control::NetworkDown{office.id.substr(0, 3)}).code == Errc::not_found);
  for (const auto& network : machine.status().networks) {
    CHECK((network.state == control::NetworkState::down) == (network.name == "office"));
  }
}

TEST_CASE("networks: after a restart") {
  TestMachine before(1);
  before.start();
  const auto lab = before.create("lab");
  const auto office = before.create("office");
  (void)before.ask<control::Done>(control::NetworkDown{"office"});
  before.stop();

  TestMachine after(1);
  for (const auto& [name, contents] : before.disk) CHECK(after.node().restore(name, contents));
  CHECK(after.node().remembered_port() == 4001);
  after.start();
  const control::Status status = after.status();
  REQUIRE(status.networks.size() == 2);
  for (const auto& network : status.networks) {
    const bool is_lab = network.name == "lab";
    CHECK(network.id == (is_lab ? lab : office).id);
    CHECK(network.addresses == (is_lab ? lab : office).addresses);
    CHECK(network.state == (is_lab ? control::NetworkState::up : control::NetworkState::down));
    CHECK(network.admin);
  }
}

TEST_CASE("networks: without a device after a restart") {
  TestMachine before(1);
  before.start();
  const auto lab = before.create("lab");
  before.stop();

  TestMachine after(1);
  for (const auto& [name, contents] : before.disk) CHECK(after.node().restore(name, contents));
  after.devices = Devices::fail;
  after.start();
  const control::Status status = after.status();
  REQUIRE(status.networks.size() == 1);
  CHECK(status.networks[0].state == control::NetworkState::error);
  CHECK(status.networks[0].error == "there is no /dev/net/tun");
  CHECK(after.disk.count(network_file(lab)) == 1);
  after.devices = Devices::open;
  CHECK(after.ask<control::NetworkReply>(control::NetworkUp{}).id == lab.id);
  CHECK(state_of(after) == control::NetworkState::up);
}

TEST_CASE("networks: a file that is spoilt harms no other") {
  TestMachine before(1);
  before.start();
  const auto lab = before.create("lab");
  const auto office = before.create("office");
  run({&before}, seconds(10));
  before.stop();

  TestMachine after(1);
  std::size_t refused = 0;
  for (auto& [name, contents] : before.disk) {
    const bool is_spoilt =
        name == "daemon" || name == network_file(office) || name == roster_file(lab);
    if (is_spoilt) contents.resize(contents.size() / 2);
    const auto restored = after.node().restore(name, contents);
    CHECK(restored.has_value() != is_spoilt);
    if (restored) continue;
    ++refused;
    CHECK(restored.error().code == Errc::corrupt);
  }
  CHECK(refused == 3);
  CHECK_FALSE(after.node().restore("networks/notes.txt", as_bytes("hello")));
  CHECK_FALSE(after.node().restore("", {}));
  CHECK(after.node().remembered_port() == 0);
  after.start();
  REQUIRE(after.status().networks.size() == 1);
  CHECK(after.status().networks[0].id == lab.id);
  CHECK(after.status().networks[0].state == control::NetworkState::up);
  CHECK(after.status().networks[0].addresses == lab.addresses);
  CHECK_FALSE(invite(after).empty());
}

TEST_CASE("networks: stopping writes what is known") {
  TestMachine machine(1);
  machine.start();
  const auto network = machine.create("lab");
  const Buffer roster = machine.disk.at(roster_file(network));
  (void)invite(machine);
  machine.disk.erase("daemon");
  machine.stop();
  CHECK(machine.disk.at(roster_file(network)) != roster);
  CHECK(machine.disk.count("daemon") == 1);
}

}  // namespace lanyard::node::test
