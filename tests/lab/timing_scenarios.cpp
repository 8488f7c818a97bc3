// SPDX-License-Identifier: Apache-2.0
// How long it takes from `join` to the first answered ping: the median of five rounds, each in a
// laboratory of its own, printed, and held to what is promised to users.
#include <cstdio>

#include <doctest/doctest.h>

#include "tests/lab/story.h"

namespace lanyard::lab {
namespace {

constexpr int kRounds = 5;

// The program that users run, where there is one.
std::string fastest_program() { return release_program().empty() ? program() : release_program(); }

double join_to_first_ping(Machine& alice, Machine& bob) {
  for (Machine* machine : {&alice, &bob}) {
    machine->set_program(fastest_program());
    machine->start_daemon();
  }
  create(alice, "lab");
  const std::string token = invite(alice);
  const Stopwatch stopwatch;
  join(bob, token);
  const bool answered = wait_until(kContact, [&bob] {
    return bob.lanyard({"ping", "alice", "-c", "1", "-W", "0.5"}).exit_code == 0;
  });
  REQUIRE(answered);
  return stopwatch.seconds();
}

void report(const char* what, const std::vector<double>& seconds, double limit) {
  std::printf("%s:", what);
  for (const double each : seconds) std::printf(" %.2f", each);
  std::printf(" s; median %.2f s, at most %.0f s\n", median(seconds), limit);
  CHECK(median(seconds) <= limit);
}

TEST_CASE("join to first ping on a LAN") {
  std::vector<double> seconds;
  for (int round = 0; round < kRounds; ++round) {
    Lab lab;
    Lan& lan = lab.lan(Lan::Uplink::none);
    seconds.push_back(join_to_first_ping(lab.machine("alice", lan), lab.machine("bob", lan)));
  }
  report("join to first ping, LAN", seconds, 3);
}

TEST_CASE("join to first ping across two NATs") {
  std::vector<double> seconds;
  for (int round = 0; round < kRounds; ++round) {
    Lab lab;
    lab.beacon();
    Lan& left = lab.lan(Lan::Uplink::nat);
    Lan& right = lab.lan(Lan::Uplink::nat);
    lab.make_dht_strangers(left, right);
    seconds.push_back(join_to_first_ping(lab.machine("alice", left), lab.machine("bob", right)));
  }
  report("join to first ping, two NATs and a DHT", seconds, 10);
}

}  // namespace
}  // namespace lanyard::lab
