// SPDX-License-Identifier: Apache-2.0
// What a node says of the system that it was told about, in its status and its diagnosis.
#include <algorithm>

#include <doctest/doctest.h>

#include "tests/unit/node/test_machine.h"

namespace lanyard::node::test {

namespace {

SystemFacts facts_for(DeviceId device) {
  SystemFacts out;
  out.workers = 2;
  out.most_workers = 4;
  out.processors = 2;
  out.ciphers = {
      {crypto::Aead::aes_256_gcm, crypto::AeadBackend::ipsec_mb, IpsecMb::usable},
      {crypto::Aead::chacha20_poly1305, crypto::AeadBackend::libsodium, IpsecMb::usable}};
  out.udp_segmentation = {"udp-gso", "4.18", OffloadState::on};
  out.udp_merging = {"udp-gro", "5.0", OffloadState::unavailable};
  out.receive_buffer_bytes = 1 << 20;
  out.send_buffer_bytes = 2 << 20;
  out.wanted_receive_buffer_bytes = 1 << 20;
  out.wanted_send_buffer_bytes = 1 << 20;
  out.device_offloads[device] = {{"tso", "2.6.27", OffloadState::on},
                                 {"uso", "6.2", OffloadState::unavailable, OffloadGain::small},
                                 {"checksum", "2.6.27", OffloadState::switched_off}};
  return out;
}

std::vector<control::Check> checks_of(TestMachine& machine, std::string_view code) {
  auto checks = machine.ask<control::Diagnosis>(control::GetDiagnosis{}).checks;
  std::erase_if(checks, [&](const control::Check& check) { return check.code != code; });
  return checks;
}

}  // namespace

TEST_CASE("status: how packets are carried") {
  TestMachine machine(1);
  machine.start();
  (void)machine.create("lab");
  REQUIRE(machine.open_devices.size() == 1);
  machine.node().set_system_facts(facts_for(machine.open_devices.begin()->first));
  const control::Status status = machine.status();
  CHECK(status.workers == 2);
  CHECK(status.data_path.aes_256_gcm_backend == "ipsec-mb");
  CHECK(status.data_path.chacha20_poly1305_backend == "libsodium");
  CHECK(status.data_path.udp_segmentation_offload);
  CHECK_FALSE(status.data_path.udp_receive_offload);
  CHECK(status.data_path.receive_buffer_bytes == 1 << 20);
  CHECK(status.data_path.send_buffer_bytes == 2 << 20);
  CHECK(status.networks.at(0).offloads == std::vector<std::string>{"tso"});
}

TEST_CASE("status: a cipher that the machine lacks") {
  TestMachine machine(1);
  machine.start();
  SystemFacts facts = facts_for(0);
  facts.ciphers.erase(facts.ciphers.begin());
  machine.node().set_system_facts(facts);
  CHECK_FALSE(machine.status().data_path.aes_256_gcm_backend);
}

TEST_CASE("doctor: each network has its device") {
  TestMachine machine(1);
  machine.start();
  (void)machine.create("lab");
  const DeviceId lab = machine.open_devices.begin()->first;
  (void)machine.create("home");
  machine.node().set_system_facts(facts_for(lab));
  CHECK(checks_of(machine, "network").size() == 2);
  // The other one's is not told of.
  const auto devices = checks_of(machine, "device_offload");
  REQUIRE(devices.size() == 2);
  for (const control::Check& check : devices) {
    CHECK(check.sentence.starts_with("lanyard" + std::to_string(lab) + " "));
  }
}

TEST_CASE("doctor: a network whose device cannot be made") {
  TestMachine before(1);
  before.start();
  (void)before.create("lab");
  TestMachine machine(1);
  for (const auto& [name, contents] : before.disk) CHECK(machine.node().restore(name, contents));
  machine.devices = Devices::fail;
  machine.start();
  const auto networks = checks_of(machine, "network");
  REQUIRE(networks.size() == 1);
  CHECK(networks[0].state == control::CheckState::failure);
  CHECK(networks[0].sentence == "lab does not work: there is no /dev/net/tun");
}

TEST_CASE("doctor: a clock that was set back") {
  TestMachine machine(1);
  machine.start();
  CHECK(checks_of(machine, "clock").empty());
  (void)machine.create("lab");
  CHECK(checks_of(machine, "clock").at(0).state == control::CheckState::ok);
  machine.node().set_wall_clock(machine.now(), {kWall.seconds - 24 * 3600});
  const auto clock = checks_of(machine, "clock");
  REQUIRE(clock.size() == 1);
  CHECK(clock[0].state == control::CheckState::warning);
  CHECK(clock[0].sentence.starts_with("the clock is 24 hours behind"));
}

}  // namespace lanyard::node::test
