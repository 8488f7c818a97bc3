// SPDX-License-Identifier: Apache-2.0
// What the data path must not do to those who use it: turn the order of a flow, spoil a checksum
// that leaves by real hardware, let a flood starve the others, or die of a send that fails.
#include <csignal>
#include <cstdio>
#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include "tests/lab/kernel_counters.h"
#include "tests/lab/pair.h"

namespace lanyard::lab {
namespace {

constexpr std::uint64_t kBytes = std::uint64_t{64} << 20;

std::uint64_t dropped(const Machine& machine, std::string_view reason) {
  for (const auto& [name, packets] : machine.status().dropped) {
    if (name == reason) return packets;
  }
  return 0;
}

}  // namespace

TEST_CASE("no flow is reordered, by one worker or by several") {
  Pair pair(fast_program(), {});
  for (const char* workers : {"1", "2", "4"}) {
    CAPTURE(workers);
    pair.restart({"--workers", workers}, {"--workers", workers});
    const KernelCounters alice_before(pair.alice().space());
    const KernelCounters bob_before(pair.bob().space());
    std::vector<Connection> connections;
    for (int i = 0; i < 3; ++i) {
      connections.push_back(
          connect(pair.alice(), pair.bob(), pair.address_of(pair.bob(), Family::v4)));
    }
    std::vector<std::uint64_t> arrived(connections.size());
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < connections.size(); ++i) {
      threads.emplace_back(
          [&, i] { arrived[i] = transfer(connections[i].near, connections[i].far, kBytes / 2); });
    }
    for (std::thread& thread : threads) thread.join();
    for (const std::uint64_t bytes : arrived) CHECK(bytes == kBytes / 2);

    const KernelCounters alice(pair.alice().space());
    const KernelCounters bob(pair.bob().space());
    CHECK(bob.since(bob_before, "TcpExtTCPPureAcks") + bob.since(bob_before, "TcpInSegs") > 0);
    for (const char* counter : {"TcpExtTCPSACKReorder", "TcpExtTCPTSReorder"}) {
      CHECK_MESSAGE(alice.since(alice_before, counter) == 0, counter);
    }
    // Out of order at the receiver: only behind what was lost, and then sent again.
    if (alice.since(alice_before, "TcpRetransSegs") == 0) {
      CHECK(bob.since(bob_before, "TcpExtTCPOFOQueue") == 0);
    }
  }
}

TEST_CASE("what leaves by an interface that computes no checksums has right ones") {
  Pair pair(program(), {});
  Machine& alice = pair.alice();
  Machine& bob = pair.bob();
  Machine& carol = pair.lab().machine("carol", pair.lab().lan(Lan::Uplink::none));
  // Carol is no member: Bob forwards to her, by a wire at which nothing is left to hardware.
  connect({bob.space(), "side"}, {carol.space(), "side"});
  bob.space().ip("address add 10.55.0.1/24 dev side");
  carol.space().ip("address add 10.55.0.2/24 dev side");
  carol.space().ip("route add " + pair.address_of(alice, Family::v4) + "/32 via 10.55.0.1");
  alice.space().ip("route add 10.55.0.0/24 via " + pair.address_of(bob, Family::v4));
  bob.space().set("net.ipv4.ip_forward", "1");
  for (Machine* machine : {&bob, &carol}) {
    must_succeed(machine->run({"ethtool", "-K", "side", "rx", "off", "tx", "off", "tso", "off",
                               "gso", "off", "gro", "off"}));
  }

  const std::string file = carol.state_directory() + ".pcap";
  Process capture(carol.surroundings(),
                  {"tcpdump", "-i", "side", "-U", "-w", file, "-s", "0", "tcp or udp"},
                  file + ".log");
  const Deadline ready(kContact);
  REQUIRE(wait_until(ready.left(), [&] { return carol.run({"test", "-e", file}).exit_code == 0; }));
  constexpr std::uint64_t kSome = std::uint64_t{1} << 20;
  const Exchanged exchanged = exchange(connect(alice, carol, "10.55.0.2"), kSome);
  CHECK(exchanged.forth == kSome);
  CHECK(exchanged.back == kSome);
  const Burst datagrams = burst(alice, carol, "10.55.0.2");
  CHECK(datagrams.arrived == datagrams.sent);
  capture.signal(SIGINT);
  REQUIRE(capture.wait(kContact));

  const Finished read = carol.run({"tcpdump", "-r", file, "-n", "-vv"});
  must_succeed(read);
  std::size_t right = 0;
  for (std::size_t at = 0; (at = read.out.find("correct", at)) != std::string::npos; ++at) ++right;
  CHECK(right > kSome / 1500);
  CHECK_MESSAGE(read.out.find("incorrect") == std::string::npos,
                read.out.substr(read.out.find("incorrect") - 200, 400));
  CHECK(read.out.find("bad udp cksum") == std::string::npos);
}

TEST_CASE("a flood starves neither the other direction nor other members, nor newcomers") {
  Pair pair(fast_program(), {});
  Machine& alice = pair.alice();
  Machine& bob = pair.bob();
  Machine& carol = pair.lab().machine("carol", pair.lan());
  Machine& dave = pair.lab().machine("dave", pair.lan());
  for (Machine* machine : {&carol, &dave}) {
    machine->set_program(fast_program());
    machine->start_daemon();
  }
  join(carol, invite(alice));
  all_must_reach_each_other({&alice, &carol}, "lab");
  const std::string token = invite(alice);
  const Connection back = connect(bob, alice, pair.address_of(alice, Family::v4));

  const std::string& to = pair.address_of(bob, Family::v4);
  Process server(bob.surroundings(), {"iperf3", "-s", "-B", to}, bob.state_directory() + ".iperf");
  REQUIRE(wait_until(kContact, [&] {
    return bob.run({"ss", "-Hltn", "sport", "=", "5201"}).out.find("5201") != std::string::npos;
  }));
  Process flood(alice.surroundings(),
                {"iperf3", "-u", "-b", "0", "-l", "64", "-t", "100", "-c", to},
                alice.state_directory() + ".iperf");
  const std::uint64_t before = alice.member("lab", "bob")->tx_bytes;
  REQUIRE(wait_until(kContact, [&] {
    return alice.member("lab", "bob")->tx_bytes > before + (std::uint64_t{20} << 20);
  }));

  const Stopwatch stopwatch;
  const auto took = [&](const char* what) {
    std::printf("beside the flood, after %.2f s: %s\n", stopwatch.seconds(), what);
  };
  constexpr std::uint64_t kSome = std::uint64_t{8} << 20;
  CHECK(transfer(back.near, back.far, kSome) == kSome);
  took("8 MiB the other way");
  CHECK(system_ping(alice, carol, "lab"));
  CHECK(system_ping(carol, bob, "lab"));
  took("pings of other members");
  join(dave, token);
  took("a new member is in");
  CHECK(system_ping(dave, bob, "lab"));
  took("and pings the flooded one");
  CHECK(flood.is_running());
  flood.signal(SIGTERM);
  REQUIRE(flood.wait(kContact));
  CHECK(sees(alice, "lab", "bob"));
}

TEST_CASE("a send that fails costs its own packets, is counted, and heals") {
  Pair pair(program(), {});
  Machine& alice = pair.alice();
  Machine& carol = pair.lab().machine("carol", pair.lan());
  carol.start_daemon();
  join(carol, invite(alice));
  all_must_reach_each_other({&alice, &carol}, "lab");
  const std::string endpoint = alice.member("lab", "bob")->endpoint;
  const std::string address = endpoint.substr(0, endpoint.find(':'));
  const auto pings_fail = [&] {
    alice.run({"ping", "-n", "-c", "3", "-i", "0.05", "-W", "0.1",
               pair.address_of(pair.bob(), Family::v4)});
  };

  alice.space().nft(
      "add table ip wall\n"
      "add chain ip wall out { type filter hook output priority 0; }\n"
      "add rule ip wall out ip daddr " +
      address + " drop\n");
  pings_fail();
  CHECK(dropped(alice, "udp_forbidden") > 0);
  CHECK(system_ping(alice, carol, "lab"));
  alice.space().nft("delete table ip wall");
  CHECK(system_ping(alice, pair.bob(), "lab"));

  alice.space().ip("route add unreachable " + address + "/32");
  pings_fail();
  CHECK(dropped(alice, "udp_unreachable") > 0);
  CHECK(system_ping(alice, carol, "lab"));
  alice.space().ip("route del unreachable " + address + "/32");
  CHECK(system_ping(alice, pair.bob(), "lab"));

  // Longer than the wire now takes: IP fragments, and what is inside goes on.
  pair.lab().set_mtu(alice, 1280);
  constexpr std::uint64_t kSome = std::uint64_t{1} << 20;
  const Exchanged exchanged =
      exchange(connect(alice, pair.bob(), pair.address_of(pair.bob(), Family::v4)), kSome);
  CHECK(exchanged.forth == kSome);
  CHECK(exchanged.back == kSome);
}

}  // namespace lanyard::lab
