// SPDX-License-Identifier: Apache-2.0
#include "core/node/dht_entry.h"

#include <algorithm>

namespace lanyard::node {

namespace {

constexpr std::size_t kEnoughNodes = 8;  // a bucket of Kademlia (BEP 5): they know all others
// Of a large network some are enough.
constexpr std::size_t kMaxPaths = 16;
constexpr std::size_t kMaxMembers = 4;  // with up to 8 addresses each

}  // namespace

void offer_as_dht_node(Turn& turn, const Endpoint& endpoint) {
  if (turn.dht.node_count() >= kEnoughNodes || !turn.surroundings.is_candidate(endpoint)) return;
  // A private address is of no use to the public DHT.
  if (turn.settings.dht_mode != DhtMode::private_ && endpoint.address.is_private()) return;
  turn.dht.add_bootstrap(turn.now, {&endpoint, 1}, turn.out.datagrams);
}

void offer_members_as_dht_nodes(Turn& turn,
                                const network::Roster& roster,
                                const network::MemberId& own_id,
                                const std::vector<RememberedPath>& paths) {
  for (std::size_t i = 0; i < std::min(paths.size(), kMaxPaths); ++i) {
    offer_as_dht_node(turn, paths[i].endpoint);
  }
  std::vector<const network::Member*> members;
  for (const network::Member& member : roster.members()) {
    if (member.id != own_id) members.push_back(&member);
  }
  std::stable_sort(members.begin(), members.end(), [](const auto* a, const auto* b) {
    return a->presence_sequence > b->presence_sequence;
  });
  if (members.size() > kMaxMembers) members.resize(kMaxMembers);
  for (const network::Member* member : members) {
    for (const Endpoint& endpoint : member->endpoints) offer_as_dht_node(turn, endpoint);
  }
}

}  // namespace lanyard::node
