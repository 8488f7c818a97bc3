// SPDX-License-Identifier: Apache-2.0
// A flood of small packets into the tunnel takes what nobody else wants: the other direction, other
// members, newcomers and the control plane keep their part, and what is lost is accounted for.
#include <algorithm>
#include <csignal>
#include <cstdio>

#include <doctest/doctest.h>

#include "tests/lab/kernel_counters.h"
#include "tests/lab/pair.h"

namespace lanyard::lab {
namespace {

constexpr std::uint64_t kSome = std::uint64_t{4} << 20;

// Of one UDP port and address to another, as many as the machine can send.
class Flood {
 public:
  Flood(const Machine& from, const Machine& to, const std::string& address)
      : server_(
            to.surroundings(), {"iperf3", "-s", "-B", address}, to.state_directory() + ".iperf") {
    REQUIRE(wait_until(kContact, [&to] {
      return to.run({"ss", "-Hltn", "sport", "=", "5201"}).out.find("5201") != std::string::npos;
    }));
    // Longer than anybody here waits.
    client_ = Process(from.surroundings(),
                      {"iperf3", "-u", "-b", "0", "-l", "64", "-t", "100", "-c", address},
                      from.state_directory() + ".iperf");
  }

  bool is_running() { return client_.is_running(); }
  void end() {
    client_.signal(SIGTERM);
    REQUIRE(client_.wait(kContact));
  }

 private:
  Process server_;
  Process client_;
};

double seconds_to_bring_some(Pair& pair) {
  const Connection back =
      connect(pair.bob(), pair.alice(), pair.address_of(pair.alice(), Family::v4));
  const Stopwatch stopwatch;
  CHECK(transfer(back.near, back.far, kSome) == kSome);
  return stopwatch.seconds();
}

// The median of connections: each has a queue of a device by chance, now and then the flood's.
double usual_seconds_to_bring_some(Pair& pair) {
  std::vector<double> seconds;
  for (int i = 0; i < 7; ++i) seconds.push_back(seconds_to_bring_some(pair));
  return median(seconds);
}

// What the kernel counts at the device, and the daemon tells with its own.
constexpr std::string_view kNotTaken = "device_queue_full";

// Packets that the daemon itself owns up to. Merged ones, of up to 64, are counted as one where
// they find no room.
std::uint64_t at_most_dropped(const Machine& machine) {
  std::uint64_t total = 0;
  for (const auto& [reason, packets] : machine.status().dropped) {
    if (reason == kNotTaken) continue;
    total += reason == "udp_queue_full" ? packets * 64 : packets;
  }
  return total;
}

// Alice's kernel counts what finds no room in the device's queue, bob's what comes out of his.
void must_have_accounted_for_all(const Machine& alice, const Machine& bob) {
  const std::uint64_t sent = KernelCounters(alice.space())["Udp6OutDatagrams"];
  const std::uint64_t not_taken =
      interface_counters(alice.space(), alice.network("lab")->interface).sent_dropped;
  const auto reasons = alice.status().dropped;
  const auto told =
      std::ranges::find(reasons, kNotTaken, [](const auto& drop) { return drop.first; });
  CHECK((told == reasons.end() ? 0 : told->second) >= not_taken);
  const KernelCounters counted(bob.space());
  const std::uint64_t arrived =
      counted["Udp6InDatagrams"] + counted["Udp6InErrors"] + counted["Udp6NoPorts"];
  const std::uint64_t dropped = at_most_dropped(alice) + at_most_dropped(bob);
  std::printf("%llu sent, %llu not taken from the device, %llu arrived, %llu dropped\n",
              static_cast<unsigned long long>(sent), static_cast<unsigned long long>(not_taken),
              static_cast<unsigned long long>(arrived), static_cast<unsigned long long>(dropped));
  // It was one, and more than the tunnel could carry or not, much got through.
  CHECK(sent > 100'000);
  CHECK(arrived > sent / 100);
  // But for what other traffic adds to the counts, and the underlay may have lost.
  CHECK(arrived + dropped + not_taken + sent / 100 >= sent);
}

TEST_CASE("a flood starves neither the other direction nor others, nor the control plane") {
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
  REQUIRE(system_ping(alice, carol, "lab"));
  const std::string token = invite(alice);
  const std::string to_carol = carol.address_in("lab");
  const double idle = usual_seconds_to_bring_some(pair);

  // In IPv6, so that its counters are not those of the underlay.
  Flood flood(alice, bob, pair.address_of(bob, Family::v6));
  REQUIRE(wait_until(kContact,
                     [&] { return KernelCounters(bob.space())["Udp6InDatagrams"] > 50'000; }));

  const double flooded = usual_seconds_to_bring_some(pair);
  std::printf("4 MiB against the flood in %.3f s, %.3f s without it\n", flooded, idle);
  CHECK(flooded < 20 * idle);

  const Finished pings = alice.run({"ping", "-n", "-q", "-c", "20", "-i", "0.02", to_carol});
  CHECK_MESSAGE(pings.exit_code == 0, pings.description);

  const Finished status = alice.lanyard({"status"});
  must_succeed(status);
  CHECK(status.seconds < 1);

  const Stopwatch stopwatch;
  join(dave, token);
  CHECK(system_ping(dave, alice, "lab"));
  CHECK(system_ping(dave, bob, "lab"));
  std::printf("a newcomer is in, and reaches both ends, after %.2f s\n", stopwatch.seconds());
  CHECK(stopwatch.seconds() < 10);

  CHECK(flood.is_running());
  flood.end();
  CHECK(system_ping(alice, bob, "lab"));
  must_have_accounted_for_all(alice, bob);
}

}  // namespace
}  // namespace lanyard::lab
