// SPDX-License-Identifier: Apache-2.0
// Daemons that stop, are killed, or find their state damaged.
#include <csignal>
#include <filesystem>
#include <fstream>

#include <doctest/doctest.h>

#include "tests/lab/story.h"

namespace lanyard::lab {
namespace {

namespace fs = std::filesystem;

// What is learnt of others is on disk after five seconds.
constexpr Patience kOnDisk{6'000};

TEST_CASE("all restart at once, and meet without the node that they met by") {
  Lab lab;
  Machine& beacon = lab.beacon();
  Machine& alice = lab.machine("alice", lab.lan(Lan::Uplink::nat));
  Machine& bob = lab.machine("bob", lab.lan(Lan::Uplink::nat));
  Machine& carol = lab.public_machine("carol");
  const std::vector<Machine*> all{&alice, &bob, &carol};
  for (Machine* machine : all) machine->start_daemon();
  create(alice, "lab");
  const std::string token = invite(alice, {"--uses", "2"});
  join(bob, token);
  join(carol, token);
  all_must_reach_each_other(all, "lab");
  const std::string address = bob.address_in("lab");

  CHECK(beacon.stop_daemon() == 0);
  SUBCASE("told to") {
    for (Machine* machine : all) machine->daemon().signal(SIGTERM);
    for (Machine* machine : all) CHECK(machine->stop_daemon() == 0);
  }
  SUBCASE("killed") {
    pass(kOnDisk);
    for (Machine* machine : all) machine->kill_daemon();
  }
  for (Machine* machine : all) machine->start_daemon();
  all_must_reach_each_other(all, "lab");
  CHECK(bob.address_in("lab") == address);
  for (Machine* machine : all) CHECK(machine->network("lab")->members.size() == 3);
}

// Damages every file of the state directory in one way, but for what is no state.
template <typename Damage>
void damage_state(const Machine& machine, const Damage& damage) {
  int damaged = 0;
  for (const auto& entry : fs::recursive_directory_iterator(machine.state_directory())) {
    if (!entry.is_regular_file() || entry.file_size() == 0) continue;
    damage(entry.path());
    ++damaged;
  }
  REQUIRE(damaged > 0);
}

TEST_CASE("damaged state is set aside and named, and the daemon runs") {
  Lab lab;
  Machine& alice = lab.machine("alice", lab.lan(Lan::Uplink::none));
  alice.start_daemon();
  create(alice, "lab");
  CHECK(alice.stop_daemon() == 0);

  SUBCASE("torn") {
    damage_state(alice,
                 [](const fs::path& path) { fs::resize_file(path, fs::file_size(path) / 2); });
  }
  SUBCASE("a bit flipped") {
    damage_state(alice, [](const fs::path& path) {
      std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
      const auto middle = static_cast<std::streamoff>(fs::file_size(path) / 2);
      file.seekg(middle);
      const int byte = file.get();
      file.seekp(middle);
      file.put(static_cast<char>(byte ^ 1));
    });
  }
  SUBCASE("something else altogether") {
    damage_state(alice, [](const fs::path& path) { std::ofstream(path) << "\0not a state file"; });
  }
  alice.start_daemon();
  CHECK(alice.log().find("set aside") != std::string::npos);
  // It works: what it cannot read it does without.
  create(alice, "new");
  CHECK(alice.network("new"));
}

}  // namespace
}  // namespace lanyard::lab
