// SPDX-License-Identifier: Apache-2.0
// sim_mesh [--seed N] [--nodes N] [--log]: plays the large simulation once. Prints its trace's
// fingerprint on standard output and everything else on standard error; a run that fails says how
// to play it again.
#include <charconv>
#include <cstdio>
#include <string_view>

#include "tests/sim/mesh.h"

namespace {

bool read_number(std::string_view text, std::uint64_t& out) {
  return std::from_chars(text.data(), text.data() + text.size(), out).ptr ==
         text.data() + text.size();
}

}  // namespace

int main(int argc, char** argv) {
  std::uint64_t seed = 1;
  std::uint64_t nodes = 200;
  auto logging = lanyard::sim::Logging::off;
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    const std::string_view value = i + 1 < argc ? argv[i + 1] : "";
    bool understood = false;
    if (argument == "--log") {
      logging = lanyard::sim::Logging::on;
      understood = true;
    } else if (argument == "--seed" || argument == "--nodes") {
      understood = read_number(value, argument == "--seed" ? seed : nodes);
      ++i;
    }
    // Fewer leave networks without a member; the probes' numbers hold 20 bits of host.
    if (!understood || nodes < 10 || nodes > 10'000) {
      std::fprintf(stderr, "usage: sim_mesh [--seed N] [--nodes 10..10000] [--log]\n");
      return 2;
    }
  }

  lanyard::sim::Mesh mesh(seed, static_cast<std::uint32_t>(nodes), logging);
  mesh.run();
  std::fprintf(stderr, "%s\n", mesh.summary().c_str());
  std::printf("%016llx\n", static_cast<unsigned long long>(mesh.world().trace().hash()));
  if (mesh.complaints().empty()) return 0;
  for (const std::string& complaint : mesh.complaints()) {
    std::fprintf(stderr, "%s\n", complaint.c_str());
  }
  std::fprintf(stderr, "replay: %s --seed %llu --nodes %llu --log\n", argv[0],
               static_cast<unsigned long long>(seed), static_cast<unsigned long long>(nodes));
  return 1;
}
