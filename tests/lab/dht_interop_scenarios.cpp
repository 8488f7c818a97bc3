// SPDX-License-Identifier: Apache-2.0
// Our DHT nodes and libtorrent's are one DHT: each kind begins with a node of the other alone, and
// what one kind stores the other finds. What each side reports is what counts here.
#include <algorithm>
#include <cstdio>

#include <doctest/doctest.h>

#include "tests/lab/dht_capture.h"
#include "tests/lab/dht_swarm.h"
#include "tests/lab/story.h"

namespace lanyard::lab {
namespace {

Names names(const Words& words) { return {words.begin(), words.end()}; }

dht::InfoHash hash(std::uint8_t seed) {
  dht::InfoHash hash;
  // Anywhere in the space, wherever the nodes are.
  for (std::size_t i = 0; i < hash.bytes.size(); ++i) {
    hash.bytes[i] = static_cast<std::uint8_t>((seed + 1) * 37 + i * 101);
  }
  return hash;
}

std::string text(const dht::InfoHash& hash) { return to_hex(hash.bytes); }

// What libtorrent finds at once may be incomplete: it tells of one answer.
bool finds(DhtSwarm& swarm, const Citizen& seeker, const dht::InfoHash& hash, const Names& peers) {
  Names found;
  return wait_until(kContact, [&] {
    found.merge(names(swarm.told(seeker, "peers " + text(hash))));
    return std::ranges::includes(found, peers);
  });
}

// Where the client finds peers stored under the hash.
Names holders(DhtSwarm& swarm, const dht::InfoHash& hash) {
  Names all;
  for (const Citizen& citizen : DhtSwarm::citizens()) {
    const auto answer = swarm.client().get_peers(swarm.endpoint(citizen), hash);
    REQUIRE_MESSAGE(answer, swarm.endpoint(citizen), " does not answer get_peers");
    CHECK_FALSE(answer->token.empty());
    if (!answer->peers.empty()) all.insert(swarm.endpoint(citizen));
  }
  return all;
}

// At the nodes that are closest of all, whatever kind they are of, the announcing one apart.
void must_be_in_its_place(DhtSwarm& swarm, const dht::InfoHash& hash, const Citizen& announcing) {
  auto others = swarm.identifiers();
  others.erase(swarm.endpoint(announcing));
  const Names closest = DhtSwarm::closest(others, hash.position());
  Names found = holders(swarm, hash);
  found.erase(swarm.endpoint(announcing));
  for (const std::string& endpoint : closest) {
    CHECK_MESSAGE(found.contains(endpoint), endpoint, " is among the closest and has nothing");
  }
  for (const std::string& endpoint : found) {
    CHECK_MESSAGE(closest.contains(endpoint), endpoint, " has it and is not among the closest");
  }
}

void identifiers_must_go_with_addresses(DhtSwarm& swarm) {
  for (const auto& [endpoint, identifier] : swarm.identifiers()) {
    CHECK_MESSAGE(goes_with(identifier, Endpoint::parse(endpoint)->address), endpoint);
  }
}

// Of nodes that exist. One that has moved may be known by its old identifier until it is next heard
// of, but not many are.
void our_answers_must_tell_of_true_nodes(DhtSwarm& swarm, Family family) {
  const auto identifiers = swarm.identifiers();
  for (int node = 0; node < DhtSwarm::kNodes; ++node) {
    const std::string asked = swarm.endpoint({Kind::ours, node});
    const auto answer = swarm.client().find_node(asked, hash(200).position());
    REQUIRE(answer);
    CHECK(answer->asker->address.to_string() == swarm.client_address());
    const auto& nodes = family == Family::v4 ? answer->nodes : answer->nodes6;
    REQUIRE(nodes);
    CHECK(nodes->size() == 8);
    int up_to_date = 0;
    for (const dht::Contact& contact : *nodes) {
      const auto known = identifiers.find(contact.endpoint.to_string());
      REQUIRE_MESSAGE(known != identifiers.end(), contact.endpoint.to_string());
      up_to_date += known->second == contact.id ? 1 : 0;
    }
    CHECK_MESSAGE(up_to_date >= 6, asked, " knows ", up_to_date, " of 8 by their identifier");
  }
}

void announcements_must_be_at_the_closest(DhtSwarm& swarm) {
  for (int node = 0; node < 4; ++node) {
    const dht::InfoHash somewhere = hash(static_cast<std::uint8_t>(100 + node));
    CHECK(swarm.told({Kind::ours, node}, "announce " + text(somewhere)).at(0) == "8");
    must_be_in_its_place(swarm, somewhere, {Kind::ours, node});
  }
}

void what_one_kind_announces_the_other_must_find(DhtSwarm& swarm) {
  for (const auto& [announcing, seeking] :
       {std::pair{Kind::ours, Kind::theirs}, std::pair{Kind::theirs, Kind::ours}}) {
    const dht::InfoHash place = hash(announcing == Kind::ours ? 1 : 2);
    Names announced;
    for (int node = 0; node < DhtSwarm::kNodes; ++node) {
      swarm.told({announcing, node}, "announce " + text(place));
      announced.insert(swarm.endpoint({announcing, node}));
    }
    for (const int node : {1, 6}) {
      CHECK_MESSAGE(finds(swarm, {seeking, node}, place, announced),
                    swarm.endpoint({seeking, node}), " does not find all");
    }
  }
}

// libtorrent answers with error 203 to whoever does not have the identifier that goes with the
// address.
void must_pass_enforcement(DhtSwarm& swarm) {
  for (int node = 0; node < DhtSwarm::kNodes; ++node) {
    swarm.told({Kind::theirs, node}, "set dht_enforce_node_id 1");
  }
  const dht::InfoHash place = hash(3);
  CHECK(swarm.told({Kind::ours, 5}, "announce " + text(place)).at(0) == "8");
  // The client has no such identifier.
  for (int node = 0; node < DhtSwarm::kNodes; ++node) {
    swarm.told({Kind::theirs, node}, "set dht_enforce_node_id 0");
  }
  must_be_in_its_place(swarm, place, {Kind::ours, 5});
}

void must_be_one_dht(Family family) {
  DhtSwarm swarm(family);
  const DhtCapture capture(swarm.ground());
  swarm.form();
  identifiers_must_go_with_addresses(swarm);
  // Nodes that moved just before the DHT was whole are found out by now.
  what_one_kind_announces_the_other_must_find(swarm);
  announcements_must_be_at_the_closest(swarm);
  our_answers_must_tell_of_true_nodes(swarm, family);
  must_pass_enforcement(swarm);
  const DhtCapture::Verdict verdict = capture.judge();
  std::printf("%zu messages crossed the wire\n", verdict.messages);
  CHECK(verdict.messages > 500);
  CHECK_MESSAGE(verdict.malformed.empty(), verdict.malformed);
}

TEST_CASE("our nodes and libtorrent's are one DHT over IPv4") { must_be_one_dht(Family::v4); }

TEST_CASE("our nodes and libtorrent's are one DHT over IPv6") { must_be_one_dht(Family::v6); }

}  // namespace
}  // namespace lanyard::lab
