// SPDX-License-Identifier: Apache-2.0
// Every member is a node of the DHT too: a way in for whoever knows no other node. They are offered
// only while few are known, and only where their addresses mean something in this DHT.
#pragma once

#include <vector>

#include "core/node/network_file.h"
#include "core/node/turn.h"

namespace lanyard::node {

void offer_as_dht_node(Turn& turn, const Endpoint& endpoint);

// At the start: where members were when last seen, and where those say that they are who have told
// of themselves last.
void offer_members_as_dht_nodes(Turn& turn,
                                const network::Roster& roster,
                                const network::MemberId& own_id,
                                const std::vector<RememberedPath>& paths);

}  // namespace lanyard::node
