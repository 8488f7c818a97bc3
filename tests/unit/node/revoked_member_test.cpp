// SPDX-License-Identifier: Apache-2.0
// A member that an admin has revoked: it gets no session, its frames are not taken, and it is told.
#include <algorithm>

#include <doctest/doctest.h>

#include "core/node/forwarding.h"
#include "core/node/network_file.h"
#include "tests/unit/node/test_lan.h"

namespace lanyard::node::test {

namespace {

const Buffer& file_of(const TestMachine& machine, NetworkFileKind kind) {
  const auto it = std::find_if(machine.disk.begin(), machine.disk.end(), [&](const auto& file) {
    return network_file_kind(file.first) == kind;
  });
  REQUIRE(it != machine.disk.end());
  return it->second;
}

// Anna's roster, with the word of her own admin key against Bert.
Buffer roster_without_bert(const TestMachine& anna) {
  const auto keys = parse_network_file(file_of(anna, NetworkFileKind::network));
  auto file = parse_roster_file(file_of(anna, NetworkFileKind::roster));
  REQUIRE(keys);
  REQUIRE(file);
  const auto& members = file->roster.members();
  const auto bert = std::find_if(members.begin(), members.end(),
                                 [](const auto& member) { return member.name == "bert"; });
  REQUIRE(bert != members.end());
  const auto revocation = network::Revocation::make(file->roster.network(), bert->identity.bytes,
                                                    kWall, *keys->keys.admin);
  REQUIRE(file->roster.add(revocation, kWall).result == network::AddResult::added);
  return encode_roster_file(file->roster, file->paths);
}

bool takes_frames(const TestMachine& machine) {
  const auto& sessions = machine.forwarding()->sessions;
  return std::any_of(sessions.begin(), sessions.end(),
                     [](const SessionEntry& entry) { return entry.use == SessionUse::frames; });
}

}  // namespace

TEST_CASE("a revoked member gets no session, sends no frame, and learns why") {
  TestMachine anna(1, "anna");
  TestMachine bert(2, "bert");
  anna.start();
  bert.start();
  anna.create("home");
  join(anna, bert);
  run({&anna, &bert}, seconds(5));
  REQUIRE(takes_frames(anna));
  REQUIRE(bert.status().networks[0].members[1].online);

  anna.stop();
  TestMachine again(1, "anna");
  for (const auto& [name, contents] : anna.disk) {
    const bool is_roster = network_file_kind(name) == NetworkFileKind::roster;
    REQUIRE(again.node().restore(name, is_roster ? roster_without_bert(anna) : contents));
  }
  again.start();
  run({&bert, &again}, seconds(30));

  CHECK_FALSE(takes_frames(again));
  const auto network = again.status().networks[0];
  CHECK(network.state == control::NetworkState::up);
  CHECK(network.members.size() == 1);
  const auto of_bert = bert.status().networks[0];
  CHECK(of_bert.state == control::NetworkState::error);
  CHECK(of_bert.error.find("revoked") != std::string::npos);
}

}  // namespace lanyard::node::test
