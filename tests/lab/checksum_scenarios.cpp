// SPDX-License-Identifier: Apache-2.0
// Checksums that a member's kernel has left to be made are made by the time a packet leaves for
// where nobody makes them: a host without any offloads, behind a member that routes for it or
// bridges to it, or a TAP device without the offload.
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <utility>

#include <doctest/doctest.h>

#include "tests/lab/kernel_counters.h"
#include "tests/lab/pair.h"

namespace lanyard::lab {
namespace {

constexpr std::uint64_t kBytes = std::uint64_t{1} << 20;
// What has to have been seen of them at least, in packets.
constexpr std::size_t kAtLeast = kBytes / 1500;
constexpr std::uint16_t kDiscard = 9;  // where nobody listens

// The last datagram of a capture: what is in the file by then is all that came before it.
constexpr std::string_view kEnd = "there is nothing more to capture";

// tcpdump's judgement of what comes in through an interface, from construction to end().
class Verification {
 public:
  struct Result {
    std::size_t right = 0;
    std::size_t wrong = 0;
    std::string first_wrong;
  };

  Verification(const Lab& lab, const Machine& machine, const std::string& interface)
      : machine_(machine),
        capture_(fresh(lab.directory() + "/" + machine.name() + "." + interface)),
        log_(fresh(capture_ + ".log")),
        tcpdump_(machine.surroundings(),
                 {"tcpdump", "-i", interface, "-Q", "in", "-Z", "root", "-B", "65536", "-U", "-w",
                  capture_, "tcp or udp"},
                 log_) {
    // It says so when it listens.
    REQUIRE(wait_until(Patience{10'000}, [this] { return contains(log_, "listening on"); }));
  }

  // Of which the last comes from a machine to an address behind the interface.
  Result end(const Machine& from, const std::string& address) {
    const UdpSocket socket(from, 0);
    REQUIRE(wait_until(Patience{10'000}, [&] {
      socket.send(address, kDiscard, kEnd);
      return contains(capture_, kEnd);
    }));
    tcpdump_.signal(SIGINT);
    REQUIRE_MESSAGE(tcpdump_.wait(Patience{10'000}) == 0, log_);
    const Finished read = machine_.run({"tcpdump", "-n", "-vv", "-r", capture_});
    REQUIRE_MESSAGE(read.exit_code == 0, read.err);
    Result result;
    std::istringstream lines(read.out);
    for (std::string line; std::getline(lines, line);) {
      const auto has = [&line](std::string_view words) {
        return line.find(words) != std::string::npos;
      };
      if (has("(correct)") || has("udp sum ok")) ++result.right;
      if (!has("(incorrect") && !has("bad udp cksum") && !has("bad cksum")) continue;
      if (result.wrong++ == 0) result.first_wrong = line;
    }
    return result;
  }

 private:
  // What an earlier one left behind says nothing of this one.
  static std::string fresh(std::string file) {
    std::filesystem::remove(file);
    return file;
  }

  static bool contains(const std::string& file, std::string_view words) {
    std::ifstream in(file, std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
    return text.find(words) != std::string::npos;
  }

  const Machine& machine_;
  const std::string capture_;
  const std::string log_;
  Process tcpdump_;
};

void must_be_right(Verification& verification, const Machine& from, const std::string& address) {
  const Verification::Result result = verification.end(from, address);
  CHECK_MESSAGE(result.wrong == 0, result.first_wrong);
  CHECK(result.right >= kAtLeast);
}

// A host behind bob that leaves nothing to its network card, and the wire between them, whose two
// ends do the same.
class Outpost {
 public:
  static constexpr const char* kWire = "wire";
  static constexpr const char* kMac = "02:00:00:00:00:02";

  explicit Outpost(const Machine& bob) : host_("printer", "", "") {
    connect({bob.space(), kWire}, {host_.space(), kWire});
    for (const Machine* machine : {&bob, &std::as_const(host_)}) {
      must_succeed(machine->run({"ethtool", "-K", kWire, "rx", "off", "tx", "off", "tso", "off",
                                 "gso", "off", "gro", "off"}));
      // As the tunnel's, so that nothing has to be fragmented on the way.
      machine->space().ip("link set wire mtu " + std::to_string(bob.network("lab")->mtu));
    }
    host_.space().ip(std::string("link set wire address ") + kMac);
    host_.space().ip("address add 198.51.100.2/24 dev wire");
    host_.space().ip("address add fd00:2::2/64 dev wire nodad");
  }

  const Machine& host() const { return host_; }
  static std::string address(Family family) {
    return family == Family::v4 ? "198.51.100.2" : "fd00:2::2";
  }
  static std::string subnet(Family family) {
    return family == Family::v4 ? "198.51.100.0/24" : "fd00:2::/64";
  }

  void must_talk_to_alice(Pair& pair) const {
    const KernelCounters before(host_.space());
    for (const Family family : pair.families()) {
      must_carry_everything({pair.alice(), pair.address_of(pair.alice(), family)},
                            {host_, address(family)}, kBytes);
    }
    const KernelCounters after(host_.space());
    for (const std::string name : {"TcpInCsumErrors", "UdpInCsumErrors", "Udp6InCsumErrors"}) {
      CHECK_MESSAGE(after.since(before, name) == 0, name);
    }
    CHECK(after.since(before, "TcpInSegs") >= kAtLeast);
  }

 private:
  Machine host_;
};

std::string version_of(Family family) { return family == Family::v4 ? "-4 " : "-6 "; }

TEST_CASE("a member routes to a host without checksum offload") {
  Pair pair(program(), {});
  Machine& alice = pair.alice();
  Machine& bob = pair.bob();
  const Outpost outpost(bob);
  bob.space().ip("address add 198.51.100.1/24 dev wire");
  bob.space().ip("address add fd00:2::1/64 dev wire nodad");
  bob.space().set("net.ipv4.ip_forward", "1");
  bob.space().set("net.ipv6.conf.all.forwarding", "1");
  outpost.host().space().ip("route add default via 198.51.100.1");
  outpost.host().space().ip("route add default via fd00:2::1");
  for (const Family family : pair.families()) {
    alice.space().ip(version_of(family) + "route add " + Outpost::subnet(family) + " via " +
                     pair.address_of(bob, family));
  }

  Verification at_host(pair.lab(), outpost.host(), Outpost::kWire);
  Verification at_device(pair.lab(), bob, bob.network("lab")->interface);
  outpost.must_talk_to_alice(pair);
  must_be_right(at_host, alice, Outpost::address(Family::v4));
  // So they were in fact left to be made, and tcpdump sees that.
  CHECK(at_device.end(alice, pair.address_of(bob, Family::v4)).wrong > 0);
}

// A member's device carries frames of its own MAC address only, so the bridge exchanges addresses,
// as one with a wireless card in it does.
TEST_CASE("a member bridges to a host without checksum offload") {
  Pair pair(program(), {});
  Machine& alice = pair.alice();
  Machine& bob = pair.bob();
  const Outpost outpost(bob);
  const auto at_alice = *alice.network("lab");
  const auto at_bob = *bob.network("lab");
  bob.space().ip("link add bridge type bridge");
  bob.space().ip("link set bridge up");
  for (const std::string& port : {at_bob.interface, std::string(Outpost::kWire)}) {
    bob.space().ip("link set " + port + " master bridge");
  }
  bob.space().nft(
      "table bridge exchange {\n chain in {\n  type filter hook prerouting priority 0\n"
      "  iifname " +
      at_bob.interface + " ip daddr 198.51.100.2 ether daddr set " + Outpost::kMac +
      "\n  iifname " + at_bob.interface + " ip6 daddr fd00:2::2 ether daddr set " + Outpost::kMac +
      "\n }\n chain out {\n  type filter hook postrouting priority 0\n  oifname " +
      at_bob.interface + " ether saddr set " + at_bob.mac + "\n }\n}\n");
  for (const Family family : pair.families()) {
    const std::string ip = version_of(family);
    const NetworkNamespace& host = outpost.host().space();
    const std::string& address = pair.address_of(alice, family);
    alice.space().ip(ip + "route add " + Outpost::subnet(family) + " dev " + at_alice.interface);
    alice.space().ip(ip + "neigh replace " + Outpost::address(family) + " lladdr " + at_bob.mac +
                     " dev " + at_alice.interface);
    host.ip(ip + "route add " + address + " dev wire");
    host.ip(ip + "neigh replace " + address + " lladdr " + at_alice.mac + " dev wire");
  }

  Verification at_host(pair.lab(), outpost.host(), Outpost::kWire);
  outpost.must_talk_to_alice(pair);
  must_be_right(at_host, alice, Outpost::address(Family::v4));
}

TEST_CASE("a device without checksum offload gets finished packets") {
  Pair pair(program(), {});
  Machine& bob = pair.bob();
  for (const std::string missing : {"checksum", "vnet"}) {
    INFO("bob without: ", missing);
    pair.restart({}, {"--disable-offload", missing});
    Verification at_device(pair.lab(), bob, bob.network("lab")->interface);
    must_carry_everything(pair, kBytes);
    must_be_right(at_device, pair.alice(), pair.address_of(bob, Family::v4));
  }
}

}  // namespace
}  // namespace lanyard::lab
