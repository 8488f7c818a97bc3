// SPDX-License-Identifier: Apache-2.0
// Gigabytes by TCP through the tunnel, while the underlay loses packets and keys change.
#include <cstdio>

#include <doctest/doctest.h>

#include "tests/lab/story.h"
#include "tests/lab/traffic.h"
#include "tests/lab/wire_tap.h"

namespace lanyard::lab {
namespace {

// Long enough for new keys to come several times, on a fast machine too.
constexpr std::uint64_t kGibibytes = 5;
constexpr std::uint64_t kTotal = kGibibytes << 30;
constexpr double kAtMostSeconds = 150;

TEST_CASE("gigabytes arrive whole through loss and new keys") {
  const std::string program = release_program();
  if (program.empty()) {
    // They take minutes with sanitizers.
    std::printf("SKIPPED: there is no release build (LANYARD_BIN_RELEASE)\n");
    return;
  }
  Lab lab;
  lab.beacon();
  Machine& alice = lab.machine("alice", lab.lan(Lan::Uplink::nat));
  Machine& bob = lab.machine("bob", lab.lan(Lan::Uplink::nat));
  for (Machine* machine : {&alice, &bob}) {
    machine->set_program(program);
    machine->start_daemon({"--rekey-interval", "1"});
  }
  create(alice, "lab");
  join(bob, invite(alice));
  REQUIRE(system_ping(alice, bob, "lab"));

  SessionTap opened(lab.internet(), lab.interface_to(bob));
  lab.drop_per_thousand(10);
  const Connection connection = connect(alice, bob, bob.address_in("lab"));

  const Stopwatch stopwatch;
  const std::uint64_t arrived = transfer(connection.near, connection.far, kTotal);
  const double seconds = stopwatch.seconds();
  const std::size_t sessions = opened.count();
  std::printf("%d GiB with 1 %% loss: %.1f s, %.0f Mbit/s, %zu new sessions\n", int{kGibibytes},
              seconds, static_cast<double>(kTotal) * 8 / seconds / 1e6, sessions);
  CHECK(arrived == kTotal);
  CHECK(sessions >= 2);
  CHECK(seconds <= kAtMostSeconds);
}

}  // namespace
}  // namespace lanyard::lab
