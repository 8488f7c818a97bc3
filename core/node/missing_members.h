// SPDX-License-Identifier: Apache-2.0
// MissingMembers: asks the DHT where members are whom we have no session with (protocol.md 8.3).
// Soon at first, then ever more seldom, but never too seldom where few are missing: if both ends
// are behind NATs, one that has come back waits for us to ask. Owned by a LocalNetwork, control
// thread.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "core/network/whereabouts.h"
#include "core/node/turn.h"

namespace lanyard::node {

class MissingMembers {
 public:
  // missing: all who are. Whoever is among them for the first time is asked for soon.
  void tick(Turn& turn,
            const network::AccessKeys& keys,
            const std::vector<network::MemberId>& missing);
  // What a member has told, by its own signature; maybe nothing new. Nothing: not one that was
  // asked for, or nonsense.
  std::optional<network::Presence> item_found(const network::AccessKeys& keys,
                                              const dht::ItemFound& found) const;
  void item_done(const dht::ItemDone& done);
  // All begins anew.
  void stop(Turn& turn);

 private:
  struct Search {
    network::MemberId member;
    network::RendezvousHour hour;
  };
  struct Absence {
    Instant next_search;
    Duration pause;
  };

  void follow(Turn& turn, const std::vector<network::MemberId>& missing);
  void search(Turn& turn,
              const network::AccessKeys& keys,
              const network::MemberId& member,
              network::RendezvousHour hour);

  std::map<network::MemberId, Absence> absences_;
  std::map<dht::LookupId, Search> searches_;
  Instant next_search_ = Instant::long_ago();  // for whomever
};

}  // namespace lanyard::node
