// SPDX-License-Identifier: Apache-2.0
// The grid: two members behind each kind of NAT and firewall, all in one network with one public
// member. Every pair is connected; every pair that theory lets have a direct path has one.
#include <algorithm>
#include <array>
#include <cctype>
#include <cstdio>
#include <optional>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "tests/lab/nat_rules.h"
#include "tests/lab/story.h"

namespace lanyard::lab {
namespace {

using control::PathKind;

constexpr Patience kForAll{60'000};

// Where a member is.
struct Site {
  const char* name;
  std::optional<Lan::Uplink> uplink;  // none: on the internet itself
  bool has_firewall = false;
};

const std::array<Site, 7> kSites = {{
    {"no NAT", std::nullopt},
    {"firewall", std::nullopt, true},
    {"full cone", Lan::Uplink::full_cone_nat},
    {"address-restricted", Lan::Uplink::address_restricted_nat},
    {"port-restricted", Lan::Uplink::nat},
    {"carrier", Lan::Uplink::carrier_nat},
    {"port-randomising", Lan::Uplink::stubborn_nat},
}};

// What has to become of the pairs of each two kinds, in their order: d, a direct path; r, a relay.
// A NAT that takes another port for each destination meets one that lets nobody in from there.
const std::array<const char*, kSites.size()> kExpected = {{
    "ddddddd",
    "ddddddr",
    "ddddddd",
    "ddddddd",
    "ddddddr",
    "ddddddr",
    "drddrrr",
}};

class Grid {
 public:
  Grid() : helper_((lab_.beacon(), lab_.public_machine("carol"))) {
    start(helper_);
    create(helper_, "lab");
    for (const char* suffix : {"-a", "-b"}) {
      for (std::size_t site = 0; site < kSites.size(); ++site) add(site, suffix);
    }
  }

  // Each with all others.
  void join_all() {
    const std::string token = invite(helper_, {"--uses", "20"});
    for (Machine* const machine : members_) join(*machine, token);
  }

  struct Pair {
    std::size_t first;
    std::size_t second;
  };
  // Of each two kinds one pair.
  static std::vector<Pair> pairs() {
    std::vector<Pair> out;
    for (std::size_t a = 0; a < kSites.size(); ++a) {
      for (std::size_t b = a; b < kSites.size(); ++b) out.push_back({a, kSites.size() + b});
    }
    return out;
  }

  PathKind path(const Pair& pair) {
    const auto seen = members_[pair.first]->member("lab", members_[pair.second]->name());
    return seen && seen->online ? seen->path : PathKind::none;
  }
  // What `lanyard why` says of it at the first one's.
  Finished why(const Pair& pair) {
    return members_[pair.first]->lanyard({"why", members_[pair.second]->name()});
  }

 private:
  void add(std::size_t site, const std::string& suffix) {
    std::string name = kSites[site].name + suffix;
    std::replace(name.begin(), name.end(), ' ', '-');
    for (char& letter : name) letter = static_cast<char>(std::tolower(letter));
    Machine& machine = kSites[site].uplink ? lab_.machine(name, lab_.lan(*kSites[site].uplink))
                                           : lab_.public_machine(name);
    if (kSites[site].has_firewall) machine.space().nft(firewall_rules());
    start(machine);
    members_.push_back(&machine);
  }

  static void start(Machine& machine) {
    machine.set_program(fast_program());
    machine.start_daemon();
  }

  Lab lab_;
  Machine& helper_;
  std::vector<Machine*> members_;
};

char letter_of(PathKind path) {
  switch (path) {
    case PathKind::none: return '-';
    case PathKind::relay: return 'r';
    default: return 'd';
  }
}

void must_say_why(Grid& grid, const Grid::Pair& pair) {
  const auto is_randomising = [](std::size_t site) {
    return kSites[site % kSites.size()].uplink == Lan::Uplink::stubborn_nat;
  };
  const bool is_relayed = letter_of(grid.path(pair)) == 'r';
  const char* words = "directly";
  if (is_relayed) {
    words = is_randomising(pair.first) && is_randomising(pair.second) ? "both ends are behind NATs"
            : is_randomising(pair.first)                              ? "this machine's NAT takes"
                                                                      : ": its NAT takes";
  }
  const Finished why = grid.why(pair);
  CHECK(why.exit_code == (is_relayed ? 8 : 0));
  CHECK_MESSAGE(why.out.find(words) != std::string::npos, why.out);
  CHECK_MESSAGE(why.out.find("has not said") == std::string::npos, why.out);
}

TEST_CASE("every pair is connected, and directly where theory allows it") {
  Grid grid;
  grid.join_all();
  const Stopwatch since_join;
  const std::vector<Grid::Pair> pairs = Grid::pairs();
  std::vector<char> now(pairs.size(), '-');
  std::vector<double> connected(pairs.size(), -1);
  std::vector<double> best(pairs.size(), -1);
  const auto expected = [&](std::size_t i) {
    return kExpected[pairs[i].first][pairs[i].second - kSites.size()];
  };
  const bool is_complete = wait_until(kForAll, [&] {
    bool is_best = true;
    for (std::size_t i = 0; i < pairs.size(); ++i) {
      now[i] = letter_of(grid.path(pairs[i]));
      if (now[i] != '-' && connected[i] < 0) connected[i] = since_join.seconds();
      if (now[i] == expected(i) && best[i] < 0) best[i] = since_join.seconds();
      is_best = is_best && best[i] >= 0;
    }
    return is_best;
  });
  std::printf("%-20s %-20s %-8s %-10s %s\n", "", "", "path", "connected", "best");
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    const Site& a = kSites[pairs[i].first];
    const Site& b = kSites[pairs[i].second - kSites.size()];
    std::printf("%-20s %-20s %-8s %6.1f s %6.1f s\n", a.name, b.name,
                now[i] == 'd'   ? "direct"
                : now[i] == 'r' ? "relay"
                                : "none",
                connected[i], best[i]);
    CHECK_MESSAGE(now[i] == expected(i), a.name, " and ", b.name);
  }
  CHECK(is_complete);
  for (const Grid::Pair& pair : pairs) must_say_why(grid, pair);
}

}  // namespace
}  // namespace lanyard::lab
