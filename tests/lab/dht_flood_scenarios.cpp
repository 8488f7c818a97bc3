// SPDX-License-Identifier: Apache-2.0
// A flood of junk onto the port that tunnel and DHT share: traffic goes on, answers to strangers
// are few, and nothing is kept of it.
#include <cstdio>
#include <fstream>

#include <unistd.h>

#include <doctest/doctest.h>

#include "tests/lab/dht_crowd.h"
#include "tests/lab/dht_ground.h"
#include "tests/lab/kernel_counters.h"
#include "tests/lab/story.h"
#include "tests/lab/traffic.h"

namespace lanyard::lab {
namespace {

constexpr const char* kPort = "6881";
constexpr const char* kDatagramsPerSecond = "20000";
constexpr int kCrowd = 10;
constexpr std::uint64_t kSome = std::uint64_t{8} << 20;
// Each flood comes from some 100,000 addresses. A table that kept them would take 10 MB.
constexpr long kMostGrowthKilobytes = 1024;

long resident_kilobytes(Machine& machine) {
  std::ifstream pages("/proc/" + std::to_string(machine.daemon().id()) + "/statm");
  long total = 0;
  long resident = 0;
  pages >> total >> resident;
  return resident * (sysconf(_SC_PAGESIZE) / 1024);
}

void flood(const Machine& stranger, const std::string& address, const char* seconds) {
  must_succeed(stranger.run({junk_flood_program(), address, kPort, kDatagramsPerSecond, seconds}));
}

TEST_CASE("junk onto the tunnel's port is answered little and kept not at all") {
  Lab lab;
  const DhtCrowd crowd(lab, kCrowd);                   // 20.0.1.2
  Machine& alice = lab.public_machine("alice");        // 20.0.2.2
  Machine& bob = lab.public_machine("bob");            // 20.0.3.2
  Machine& stranger = lab.public_machine("stranger");  // 20.0.4.2
  for (Machine* machine : {&alice, &bob}) {
    machine->set_program(fast_program());
    machine->set_daemon_options(crowd.daemon_options());
    machine->start_daemon({"--port", kPort});
  }
  create(alice, "lab");
  join(bob, invite(alice));
  REQUIRE(system_ping(alice, bob, "lab"));

  // Whatever has bounds is full after the first.
  flood(stranger, "20.0.3.2", "4");
  const long before = resident_kilobytes(bob);
  const KernelCounters counted_before(bob.space());
  flood(stranger, "20.0.3.2", "5");
  const KernelCounters counted(bob.space());
  const long after = resident_kilobytes(bob);
  const std::uint64_t received = counted.since(counted_before, "IpExtInOctets");
  const std::uint64_t sent = counted.since(counted_before, "IpExtOutOctets");
  std::printf("resident: %ld kB, %ld kB after a flood; received %llu bytes, sent %llu\n", before,
              after, static_cast<unsigned long long>(received),
              static_cast<unsigned long long>(sent));
  CHECK(counted.since(counted_before, "UdpInDatagrams") > 50'000);
  // Sanitizers keep for a while what is freed.
  if (!release_program().empty()) CHECK(after - before <= kMostGrowthKilobytes);
  CHECK(sent * 10 < received);

  Process beside(stranger.surroundings(),
                 {junk_flood_program(), "20.0.3.2", kPort, kDatagramsPerSecond, "60"},
                 stranger.state_directory() + ".flood");
  const Connection connection = connect(alice, bob, bob.address_in("lab"));
  const Stopwatch stopwatch;
  CHECK(transfer(connection.near, connection.far, kSome) == kSome);
  std::printf("8 MiB beside it in %.2f s\n", stopwatch.seconds());
  CHECK(beside.is_running());
  must_succeed(bob.lanyard({"status"}));
}

}  // namespace
}  // namespace lanyard::lab
