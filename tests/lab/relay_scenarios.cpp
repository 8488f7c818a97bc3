// SPDX-License-Identifier: Apache-2.0
// Members behind NATs that do not open to each other: a third member relays, and another one when
// that one dies.
#include <algorithm>
#include <cstdio>

#include <doctest/doctest.h>

#include "tests/lab/story.h"
#include "tests/lab/traffic.h"

namespace lanyard::lab {
namespace {

constexpr double kFirstPingSeconds = 2;
constexpr double kLongestStallSeconds = 1;

struct Sites {
  Lab lab;
  Machine& carol;
  Machine& dave;
  Machine& alice;
  Machine& bob;

  Sites()
      : carol((lab.beacon(), lab.public_machine("carol"))),
        dave(lab.public_machine("dave")),
        alice(lab.machine("alice", lab.lan(Lan::Uplink::stubborn_nat))),
        bob(lab.machine("bob", lab.lan(Lan::Uplink::stubborn_nat))) {
    for (Machine* machine : {&alice, &bob, &carol, &dave}) machine->set_program(fast_program());
    for (Machine* machine : {&alice, &bob, &carol}) machine->start_daemon();
    create(carol, "lab");
  }

  std::string token() { return invite(carol, {"--uses", "3"}); }
  std::string relay_of(const Machine& asked, const Machine& other) {
    const auto seen = asked.member("lab", other.name());
    return seen && seen->path == control::PathKind::relay ? seen->via : "";
  }
};

TEST_CASE("two port-randomising NATs: the first ping goes through a relay within two seconds") {
  Sites sites;
  const std::string token = sites.token();
  join(sites.alice, token);
  join(sites.bob, token);
  const Stopwatch since_join;
  REQUIRE(wait_until(kContact, [&] {
    const Finished pinged = sites.bob.lanyard({"ping", "alice", "-c", "1", "-W", "0.5"});
    return pinged.exit_code == 0;
  }));
  const double seconds = since_join.seconds();
  std::printf("join to first ping through a relay: %.2f s\n", seconds);
  CHECK(seconds <= kFirstPingSeconds);
  CHECK(sites.relay_of(sites.bob, sites.alice) == "carol");
  const Finished pinged = sites.bob.lanyard({"ping", "alice", "-c", "1"});
  CHECK(pinged.out.find("relay") != std::string::npos);
  CHECK(pinged.out.find("carol") != std::string::npos);

  // Whole, and of any length, the longest that the device takes among them.
  const Connection connection = connect(sites.alice, sites.bob, sites.bob.address_in("lab"));
  constexpr std::uint64_t kBytes = 50'000'000;
  const Exchanged exchanged = exchange(connection, kBytes);
  CHECK(exchanged.forth >= kBytes);
  CHECK(exchanged.back >= kBytes);
  const auto relay = sites.carol.status().relay;
  CHECK(relay.circuits == 1);
  CHECK(relay.bytes > 2 * kBytes);
}

TEST_CASE("the relay is killed while TCP flows through it: another one carries on") {
  Sites sites;
  sites.dave.start_daemon();
  const std::string token = sites.token();
  for (Machine* machine : {&sites.alice, &sites.bob, &sites.dave}) join(*machine, token);
  REQUIRE(wait_until(kContact, [&] { return !sites.relay_of(sites.alice, sites.bob).empty(); }));
  REQUIRE(system_ping(sites.alice, sites.bob, "lab"));
  REQUIRE(sees(sites.alice, "lab", "dave"));
  REQUIRE(sees(sites.bob, "lab", "dave"));

  const Connection connection = connect(sites.alice, sites.bob, sites.bob.address_in("lab"));
  Stream stream;
  const Stopwatch stopwatch;
  std::uint64_t sent = 0;
  std::uint64_t arrived = 0;
  double last = 0;
  double stall = 0;
  double killed_at = 0;
  std::string relay;
  while (stopwatch.seconds() < 8) {
    // Slow enough for the clock to be looked at often.
    const std::int64_t taken =
        connection.near.send_some(stream.next().substr(0, 4096), Patience{1});
    REQUIRE(taken >= 0);
    sent += static_cast<std::uint64_t>(taken);
    while (const auto piece = connection.far.receive(Patience{2})) {
      REQUIRE_FALSE(piece->empty());
      stall = std::max(stall, stopwatch.seconds() - last);
      last = stopwatch.seconds();
      arrived += piece->size();
      if (arrived >= sent) break;
    }
    if (killed_at == 0 && stopwatch.seconds() > 3) {
      relay = sites.relay_of(sites.alice, sites.bob);
      std::printf("longest stall before: %.2f s\n", stall);
      (relay == "carol" ? sites.carol : sites.dave).kill_daemon();
      killed_at = last = stopwatch.seconds();
      stall = 0;
    }
  }
  std::printf("relay %s killed: longest stall %.2f s, %.1f MB arrived\n", relay.c_str(), stall,
              static_cast<double>(arrived) / 1e6);
  CHECK(last > killed_at + 1);  // it flows again
  CHECK(stall <= kLongestStallSeconds);
  CHECK(sites.relay_of(sites.alice, sites.bob) == (relay == "carol" ? "dave" : "carol"));
}

}  // namespace
}  // namespace lanyard::lab
