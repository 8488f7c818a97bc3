// SPDX-License-Identifier: Apache-2.0
#include "tests/lab/topology.h"

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <stdexcept>
#include <system_error>

#include <unistd.h>

#include <doctest/doctest.h>

#include "tests/lab/nat_rules.h"

namespace lanyard::lab {
namespace {

std::string environment(const char* name, const char* otherwise) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : otherwise;
}

NatKind kind_of(Lan::Uplink uplink) {
  switch (uplink) {
    case Lan::Uplink::full_cone_nat: return NatKind::full_cone;
    case Lan::Uplink::address_restricted_nat: return NatKind::address_restricted;
    case Lan::Uplink::stubborn_nat: return NatKind::port_randomising;
    default: return NatKind::port_restricted;
  }
}

// Underlays are of one family, so that a scenario knows which way its packets go.
void make_ipv4_only(const NetworkNamespace& space, const std::string& interface) {
  space.set("net.ipv6.conf." + interface + ".disable_ipv6", "1");
}

}  // namespace

std::string program() { return environment("LANYARD_BIN", LANYARD_DEFAULT_BIN); }

std::string release_program() {
  const std::string path = environment("LANYARD_BIN_RELEASE", LANYARD_DEFAULT_BIN_RELEASE);
  return std::filesystem::exists(path) ? path : std::string();
}

std::string fast_program() {
  const std::string release = release_program();
  return release.empty() ? program() : release;
}

TemporaryDirectory::TemporaryDirectory()
    : path_(environment("TMPDIR", "/tmp") + "/lanyard-lab." + std::to_string(getpid()) +
            ".XXXXXX") {
  if (mkdtemp(path_.data()) == nullptr) throw std::runtime_error("cannot make " + path_);
}

TemporaryDirectory::~TemporaryDirectory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

Lab::Lab() : program_(program()) {
  internet_.set("net.ipv4.ip_forward", "1");
  // Without the lab's beacon nobody has a DHT: no test ever speaks to the public one.
  dht_options_ = {"--dht", "off"};
}

Lab::~Lab() {
  for (Machine& machine : machines_) {
    try {
      end_daemon(machine);
    } catch (const Interrupted&) {
      // No time for goodbyes: going, the machine kills its daemon.
    }
  }
}

void Lab::end_daemon(Machine& machine) const {
  if (!machine.daemon().is_running()) return;
  const int exit_code = machine.stop_daemon();
  CHECK_MESSAGE(exit_code == 0, machine.name(), ": the daemon ended badly\n", machine.log());
  if (std::uncaught_exceptions() > 0 && exit_code == 0) {
    std::fprintf(stderr, "---- %s\n%s", machine.name().c_str(), machine.log().c_str());
  }
}

Lab::Site Lab::add_site(const NetworkNamespace& space, const std::string& interface) {
  const std::string number = std::to_string(++sites_);
  Site site{"site" + number, "20.0." + number + ".1", "20.0." + number + ".2"};
  connect({internet_, site.interface}, {space, interface});
  make_ipv4_only(internet_, site.interface);
  make_ipv4_only(space, interface);
  internet_.ip("address add " + site.router + "/24 dev " + site.interface);
  space.ip("address add " + site.address + "/24 dev " + interface);
  space.ip("route add default via " + site.router);
  return site;
}

// The home's router has an address of RFC 6598 outside, and the carrier maps once more.
const NetworkNamespace& Lab::add_carrier(Lan& home) {
  const NetworkNamespace& carrier = carriers_.emplace_back();
  connect({carrier, "lan"}, {home.space, "wan"});
  make_ipv4_only(carrier, "lan");
  make_ipv4_only(home.space, "wan");
  carrier.ip("address add 100.64.0.1/24 dev lan");
  carrier.set("net.ipv4.ip_forward", "1");
  carrier.nft(nat_rules(NatKind::port_restricted));
  home.space.ip("address add 100.64.0.2/24 dev wan");
  home.space.ip("route add default via 100.64.0.1");
  return carrier;
}

Lan& Lab::lan(Lan::Uplink uplink, Family family) {
  Lan& lan = lans_.emplace_back();
  lan.family = family;
  lan.space.ip("link add lan type bridge");
  make_ipv4_only(lan.space, "lan");
  lan.space.ip("link set lan up");
  if (uplink == Lan::Uplink::none) return lan;
  if (family == Family::v6) throw std::runtime_error("the internet has no IPv6");
  lan.space.ip("address add 192.168.1.1/24 dev lan");
  lan.space.set("net.ipv4.ip_forward", "1");
  lan.space.nft(nat_rules(kind_of(uplink)));
  const NetworkNamespace& outermost =
      uplink == Lan::Uplink::carrier_nat ? add_carrier(lan) : lan.space;
  const Site site = add_site(outermost, "wan");
  lan.internet_interface = site.interface;
  lan.public_address = site.address;
  return lan;
}

Machine& Lab::add_machine(const std::string& name) {
  const std::string directory = directory_.path() + "/" + name;
  std::filesystem::create_directory(directory);
  Machine& machine = machines_.emplace_back(name, program_, directory);
  machine.set_daemon_options(dht_options_);
  return machine;
}

Machine& Lab::machine(const std::string& name, Lan& lan) {
  Machine& machine = add_machine(name);
  // .1 is the router.
  const std::string number = std::to_string(++lan.machines + 1);
  const std::string port = "port" + number;
  connect({lan.space, port}, {machine.space(), "eth0"});
  lan.space.ip("link set " + port + " master lan");
  wires_.push_back({&machine, &lan.space, port});
  if (lan.family == Family::v6) {
    machine.space().ip("address add fd00:1::" + number + "/64 dev eth0 nodad");
    return machine;
  }
  make_ipv4_only(machine.space(), "eth0");
  machine.space().ip("address add 192.168.1." + number + "/24 dev eth0");
  if (!lan.internet_interface.empty()) {
    machine.space().ip("route add default via 192.168.1.1");
    uplinks_.push_back({&machine, lan.internet_interface});
  }
  return machine;
}

Machine& Lab::public_machine(const std::string& name) {
  Machine& machine = add_machine(name);
  const Site site = add_site(machine.space(), "eth0");
  uplinks_.push_back({&machine, site.interface});
  wires_.push_back({&machine, &internet_, site.interface});
  return machine;
}

Machine& Lab::beacon() {
  Machine& beacon = public_machine("beacon");
  const std::string endpoint = "20.0." + std::to_string(sites_) + ".2:6881";
  dht_options_ = {"--dht", "private", "--bootstrap", endpoint};
  beacon.set_daemon_options(dht_options_);
  beacon.start_daemon({"--port", "6881"});
  return beacon;
}

void Lab::make_dht_strangers(const Lan& a, const Lan& b) {
  const auto keep_at_home = [](const Lan& from, const Lan& to) {
    // Their first byte is "d", and nothing else's is; @th begins with the UDP header's 64 bits.
    // What is dropped while it is forwarded opens no NAT.
    from.space.nft(
        "table ip strangers {\n chain through {\n  type filter hook forward priority filter - 1;\n"
        "  iifname \"lan\" ip daddr " +
        to.public_address + " meta l4proto udp @th,64,8 0x64 counter drop\n }\n}\n");
  };
  keep_at_home(a, b);
  keep_at_home(b, a);
}

void Lab::drop_per_thousand(int packets) {
  // Packets that the kernel has joined would be dropped together.
  for (const Uplink& uplink : uplinks_) {
    const std::vector<std::string> command{
        "ethtool", "-K", uplink.interface, "gro", "off", "gso", "off", "tso", "off"};
    const Finished finished = run({.network = internet_.descriptor()}, command);
    if (finished.exit_code != 0) throw std::runtime_error(finished.description);
  }
  internet_.nft(
      "table ip weather {\n chain through {\n  type filter hook forward priority filter;\n"
      "  numgen random mod 1000 < " +
      std::to_string(packets) + " counter drop\n }\n}\n");
}

void Lab::set_mtu(const Machine& machine, int bytes) const {
  const std::string mtu = " mtu " + std::to_string(bytes);
  machine.space().ip("link set eth0" + mtu);
  for (const Wire& wire : wires_) {
    if (wire.machine == &machine) wire.space->ip("link set " + wire.interface + mtu);
  }
}

const std::string& Lab::interface_to(const Machine& machine) const {
  for (const Uplink& uplink : uplinks_) {
    if (uplink.machine == &machine) return uplink.interface;
  }
  throw std::runtime_error(machine.name() + " is not on the internet");
}

}  // namespace lanyard::lab
