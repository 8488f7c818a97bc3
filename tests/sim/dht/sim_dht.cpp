// SPDX-License-Identifier: Apache-2.0
// sim_dht [--seed N] [--nodes N]: how a DHT of so many nodes does, and of a tenth and a hundredth
// of them: what lookups find and cost, what is left of announcements in a storm, and what becomes
// of them among hostile nodes. Prints tables on standard error and a fingerprint of all that
// happened on standard output. Ends with 1 if anything was worse than promised.
#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <ctime>
#include <string_view>
#include <vector>

#include <sys/resource.h>

#include "tests/sim/dht/census.h"
#include "tests/sim/dht/siege.h"

namespace {

using namespace lanyard;
using namespace lanyard::sim;

// What is promised.
constexpr double kClosestFound = 99.9;
constexpr double kValuesFound = 99.0;
constexpr double kValuesFoundAmongLiars = 99.0;
// Liars who may only sit where their addresses allow hold a third of the places around a value. Who
// looks for it meets them at every turn; he finds it by one lookup nearly always, by two always.
constexpr double kValuesFoundAmongBoundLiars = 95.0;
// From one size to the next, what a lookup takes grows no more than this factor faster than the
// logarithm of the number of nodes.
constexpr double kMostGrowth = 1.15;

// Of the process, for a crowd of ten thousand to grow and to be asked.
constexpr double kMostCpuSeconds = 60;
constexpr long kMostKilobytes = 1'500'000;

// At most; fewer in small crowds.
constexpr std::size_t kLookups = 2000;
constexpr std::size_t kValues = 1000;
constexpr std::size_t kLookupsUnderSiege = 50;
constexpr std::uint32_t kStormLoss = 10;  // per cent, as the next two
constexpr std::uint32_t kStormBehindNats = 50;
constexpr std::uint32_t kStormDead = 20;
// The largest crowd among which attackers are tried: with more honest nodes they have it harder.
constexpr std::size_t kMostBesieged = 1000;
constexpr std::size_t kMostInSubnet = 500;

struct Run {
  std::uint64_t seed = 1;
  std::size_t nodes = 1000;
  std::uint64_t fingerprint = 0;
  bool is_as_promised = true;

  void promise(bool holds, const char* what) {
    if (holds) return;
    std::fprintf(stderr, "NOT AS PROMISED: %s\n", what);
    is_as_promised = false;
  }
  void add(const Crowd& crowd) { fingerprint = fingerprint * 31 + crowd.fingerprint(); }
};

double cpu_seconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

long most_kilobytes() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss;
}

Census take_fair_census(Run& run, std::size_t nodes) {
  const double begun = cpu_seconds();
  Crowd crowd(run.seed, 0, {});
  crowd.grow_to(nodes, 0);
  const Census out = take_census(crowd, std::min(kLookups, run.nodes * 2));
  run.add(crowd);
  run.promise(out.ended == out.lookups, "every lookup ends");
  run.promise(out.hit_percent() >= kClosestFound, "lookups find the closest nodes");
  std::fprintf(stderr, "%7zu %10.3f %% %6.2f %9.1f %13.2f s %8.2f s %8.1f s\n", nodes,
               out.hit_percent(), out.hops, out.messages, out.seconds_to_closest,
               out.seconds_to_end, cpu_seconds() - begun);
  run.promise(cpu_seconds() - begun < kMostCpuSeconds, "ten thousand nodes live within a minute");
  return out;
}

// Whether y grows from one size to the other like the logarithm of the size.
bool is_logarithmic(std::size_t small, double small_y, std::size_t large, double large_y) {
  const double growth = std::log(static_cast<double>(large)) / std::log(static_cast<double>(small));
  return large_y <= small_y * growth * kMostGrowth;
}

void run_fair_weather(Run& run) {
  std::fprintf(stderr, "\n%7s %12s %6s %9s %15s %10s %10s\n", "nodes", "closest", "hops",
               "messages", "until closest", "until end", "CPU");
  std::vector<Census> rows;
  std::vector<std::size_t> sizes;
  for (const std::size_t part : {100U, 10U, 1U}) {
    if (run.nodes / part < 100) continue;
    sizes.push_back(run.nodes / part);
    rows.push_back(take_fair_census(run, sizes.back()));
  }
  for (std::size_t i = 1; i < rows.size(); ++i) {
    const auto grows_slowly = [&](double Census::*y) {
      return is_logarithmic(sizes[i - 1], rows[i - 1].*y, sizes[i], rows[i].*y);
    };
    run.promise(grows_slowly(&Census::hops), "hops grow like the logarithm");
    run.promise(grows_slowly(&Census::messages), "messages grow like the logarithm");
    run.promise(grows_slowly(&Census::seconds_to_end), "lookups last like the logarithm");
  }
}

void run_storm(Run& run) {
  Crowd crowd(run.seed, kStormLoss, {});
  crowd.grow_to(run.nodes, kStormBehindNats);
  const std::size_t many = std::min(kValues, run.nodes);
  const std::vector<Announced> values = announce(crowd, many);
  for (Number node = 0; node < crowd.size(); ++node) {
    if (crowd.rng().below(100) < kStormDead) crowd.kill(node);
  }
  const auto found = static_cast<double>(find(crowd, values));
  run.add(crowd);
  const double percent = 100 * found / static_cast<double>(many);
  std::fprintf(stderr,
               "\n%u %% of datagrams lost, %u %% of %zu nodes behind NATs, %u %% dead since the "
               "announcement: %.1f %% of values found\n",
               kStormLoss, kStormBehindNats, run.nodes, kStormDead, percent);
  run.promise(percent >= kValuesFound, "values are found in a storm");
}

void run_sieges(Run& run) {
  const std::size_t honest = std::min(run.nodes, kMostBesieged);
  const std::size_t few = honest / 19;  // one in twenty of all
  const std::size_t many = std::min(honest, kMostInSubnet);
  const std::size_t lookups = std::min(kLookupsUnderSiege, honest / 20);
  struct Row {
    const char* name;
    Siege siege;
    double promised;
  };
  const std::array<Row, 4> rows = {{
      {"5 % of the nodes, ids at will",
       {Quarters::anywhere, Ids::at_will, few},
       kValuesFoundAmongLiars},
      {"5 % of the nodes, ids bound to addresses",
       {Quarters::anywhere, Ids::bound, few},
       kValuesFoundAmongBoundLiars},
      {"all in one /24, ids at will",
       {Quarters::one_subnet, Ids::at_will, many},
       kValuesFoundAmongLiars},
      {"all in one /24, ids bound to addresses",
       {Quarters::one_subnet, Ids::bound, many},
       kValuesFoundAmongLiars},
  }};
  std::fprintf(stderr, "\n%-42s %6s %18s %10s\n", "values found, among hostile nodes:", "many",
               "without defences", "with");
  for (const Row& row : rows) {
    const double without = found_percent(run.seed, honest, lookups, dht::Defences::none, row.siege);
    const double with = found_percent(run.seed, honest, lookups, dht::Defences::all, row.siege);
    std::fprintf(stderr, "%-42s %6zu %16.1f %% %8.1f %%\n", row.name, row.siege.attackers, without,
                 with);
    run.promise(with >= row.promised, row.name);
    run.promise(without < with, "defences help");
  }
}

bool read_number(std::string_view text, std::uint64_t& out) {
  return std::from_chars(text.data(), text.data() + text.size(), out).ptr ==
         text.data() + text.size();
}

}  // namespace

int main(int argc, char** argv) {
  Run run;
  for (int i = 1; i < argc; i += 2) {
    const std::string_view argument = argv[i];
    std::uint64_t number = 0;
    const bool has_number = i + 1 < argc && read_number(argv[i + 1], number);
    if (argument == "--seed" && has_number) {
      run.seed = number;
    } else if (argument == "--nodes" && has_number && number >= 100 && number <= 100'000) {
      run.nodes = number;
    } else {
      std::fprintf(stderr, "usage: sim_dht [--seed N] [--nodes 100..100000]\n");
      return 2;
    }
  }
  run_fair_weather(run);
  run_storm(run);
  run_sieges(run);
  std::fprintf(stderr, "\nat most %ld MB of memory in use\n", most_kilobytes() / 1000);
  run.promise(most_kilobytes() < kMostKilobytes, "ten thousand nodes fit into 1.5 GB");
  std::printf("%016llx\n", static_cast<unsigned long long>(run.fingerprint));
  if (run.is_as_promised) return 0;
  std::fprintf(stderr, "replay: %s --seed %llu --nodes %zu\n", argv[0],
               static_cast<unsigned long long>(run.seed), run.nodes);
  return 1;
}
