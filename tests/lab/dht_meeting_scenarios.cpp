// SPDX-License-Identifier: Apache-2.0
// Strangers behind two NATs who share a token alone meet by a DHT of twenty nodes, in time; also
// when the only node that they were told of has died since.
#include <cstdio>
#include <vector>

#include <doctest/doctest.h>

#include "tests/lab/dht_crowd.h"
#include "tests/lab/story.h"

namespace lanyard::lab {
namespace {

constexpr int kCrowd = 20;
constexpr int kPairs = 5;
constexpr double kPromisedSeconds = 10;

struct Home {
  Lan* lan = nullptr;
  Machine* machine = nullptr;
};

class Pairs {
 public:
  Pairs(Lab& lab, const DhtCrowd& crowd) {
    for (int i = 0; i < kPairs; ++i) {
      inviters_.push_back(home(lab, crowd, "alice" + std::to_string(i)));
      guests_.push_back(home(lab, crowd, "bob" + std::to_string(i)));
    }
    for (const Home& inviter : inviters_) {
      for (const Home& guest : guests_) lab.make_dht_strangers(*inviter.lan, *guest.lan);
    }
  }

  // Each inviter meets the guest that is so many places away from its own.
  void must_meet(const std::string& network, int away, const char* when) {
    std::vector<double> total;
    for (int i = 0; i < kPairs; ++i) {
      total.push_back(seconds_to_meet(
          *inviters_[static_cast<std::size_t>(i)].machine,
          *guests_[static_cast<std::size_t>((i + away) % kPairs)].machine, network));
    }
    std::printf("token to ping %s: median %.2f s, at most %.0f s are promised\n", when,
                median(total), kPromisedSeconds);
    CHECK(median(total) <= kPromisedSeconds);
  }

 private:
  static Home home(Lab& lab, const DhtCrowd& crowd, const std::string& name) {
    Lan& lan = lab.lan(Lan::Uplink::nat);
    Machine& machine = lab.machine(name, lan);
    machine.set_program(fast_program());
    machine.set_daemon_options(crowd.daemon_options());
    return {&lan, &machine};
  }

  // Of daemons that have just started.
  static double seconds_to_meet(Machine& alice, Machine& bob, const std::string& network) {
    const Stopwatch since_start;
    alice.start_daemon();
    bob.start_daemon();
    const double started = since_start.seconds();
    create(alice, network);
    const std::string token = invite(alice, {"--network", network});
    const Stopwatch since_token;
    join(bob, token);
    const double joined = since_token.seconds();
    REQUIRE(wait_until(kContact, [&] {
      const Finished pinged =
          bob.lanyard({"--network", network, "ping", alice.name(), "-c", "1", "-W", "0.5"});
      return pinged.exit_code == 0;
    }));
    const double pinged = since_token.seconds();
    std::printf("  %s and %s: daemons up %.2f s, then joined %.2f s, pinged %.2f s\n",
                alice.name().c_str(), bob.name().c_str(), started, joined, pinged);
    CHECK(alice.stop_daemon() == 0);
    CHECK(bob.stop_daemon() == 0);
    return pinged;
  }

  std::vector<Home> inviters_;
  std::vector<Home> guests_;
};

TEST_CASE("strangers behind two NATs meet by a token and a DHT of twenty nodes") {
  Lab lab;
  DhtCrowd crowd(lab, kCrowd);
  Pairs pairs(lab, crowd);
  pairs.must_meet("lab", 0, "with the bootstrap node");
  crowd.kill_first();
  pairs.must_meet("again", 1, "after the bootstrap node died");
}

}  // namespace
}  // namespace lanyard::lab
