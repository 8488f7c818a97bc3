// SPDX-License-Identifier: Apache-2.0
// Figures of three members of a network, and of a DHT of twenty more nodes, that have nothing to
// do: memory, processor time and bytes on the underlay. Prints them; passes no judgement.
// LANYARD_IDLE_SECONDS: how long they are observed.
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <list>
#include <sstream>

#include <unistd.h>

#include <doctest/doctest.h>

#include "tests/lab/dht_crowd.h"
#include "tests/lab/story.h"
#include "tests/lab/wire_tap.h"

namespace lanyard::lab {
namespace {

constexpr Patience kSettle{10'000};
constexpr int kCrowd = 20;
constexpr std::uint8_t kBencodedDictionary = 'd';  // what every message of the DHT begins with

int observed_seconds() {
  const char* given = std::getenv("LANYARD_IDLE_SECONDS");
  return given != nullptr ? std::atoi(given) : 30;
}

struct Usage {
  double processor_seconds = 0;
  long resident_kilobytes = 0;
  std::uint64_t underlay_bytes = 0;  // both ways, Ethernet included
};

// The fields of /proc/PID/stat after the program's name in brackets (proc(5)): state is the first.
Usage usage_of(Lab& lab, Machine& machine) {
  Usage usage;
  std::ifstream stat("/proc/" + std::to_string(machine.daemon().id()) + "/stat");
  std::string line;
  std::getline(stat, line);
  std::istringstream fields(line.substr(line.rfind(')') + 1));
  std::string skipped;
  for (int i = 0; i < 11; ++i) fields >> skipped;
  double user = 0;
  double system = 0;
  fields >> user >> system;
  usage.processor_seconds = (user + system) / static_cast<double>(sysconf(_SC_CLK_TCK));
  for (int i = 0; i < 8; ++i) fields >> skipped;
  fields >> usage.resident_kilobytes;
  usage.resident_kilobytes *= sysconf(_SC_PAGESIZE) / 1024;

  const std::string interface = lab.interface_to(machine);
  const Finished counters = run(
      {.network = lab.internet().descriptor()},
      {"sh", "-c",
       "ip -s -s link show " + interface + " | awk '/X:/ { getline; n += $1 } END { print n }'"});
  usage.underlay_bytes = std::stoull(counters.out);
  return usage;
}

// What passed since the last call, Ethernet included.
std::uint64_t bytes_seen(const WireTap& tap) {
  std::uint64_t bytes = 0;
  for (const Buffer& frame : tap.take(Patience{0})) bytes += frame.size();
  return bytes;
}

TEST_CASE("three members that have nothing to do") {
  Lab lab;
  const DhtCrowd crowd(lab, kCrowd);
  Machine& alice = lab.machine("alice", lab.lan(Lan::Uplink::nat));
  Machine& bob = lab.machine("bob", lab.lan(Lan::Uplink::nat));
  Machine& carol = lab.public_machine("carol");
  const std::vector<Machine*> all{&alice, &bob, &carol};
  for (Machine* machine : all) {
    if (!release_program().empty()) machine->set_program(release_program());
    machine->set_daemon_options(crowd.daemon_options());
    machine->start_daemon();
  }
  create(alice, "lab");
  const std::string token = invite(alice, {"--uses", "2"});
  join(bob, token);
  join(carol, token);
  all_must_reach_each_other(all, "lab");

  pass(kSettle);
  const int seconds = observed_seconds();
  std::list<WireTap> dht;
  std::vector<Usage> before;
  for (Machine* machine : all) {
    dht.emplace_back(lab.internet(), lab.interface_to(*machine), WireTap::Direction::both,
                     kBencodedDictionary);
    before.push_back(usage_of(lab, *machine));
  }
  pass(Patience{seconds * 1000});
  auto tap = dht.begin();
  for (std::size_t i = 0; i < all.size(); ++i) {
    const Usage after = usage_of(lab, *all[i]);
    std::printf(
        "%-6s %6.1f MB resident  %5.2f %% of a core  %6.0f underlay bytes/s, %4.0f of them DHT\n",
        all[i]->name().c_str(), static_cast<double>(after.resident_kilobytes) / 1000 * 1.024,
        (after.processor_seconds - before[i].processor_seconds) / seconds * 100,
        static_cast<double>(after.underlay_bytes - before[i].underlay_bytes) / seconds,
        static_cast<double>(bytes_seen(*tap++)) / seconds);
  }
}

}  // namespace
}  // namespace lanyard::lab
