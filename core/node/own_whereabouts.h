// SPDX-License-Identifier: Apache-2.0
// OwnWhereabouts: keeps this member's presence in the DHT, for the others (protocol.md 8.3): an
// item for this hour and one for the next, as announcements are. To put them again from time to
// time, and changes not too often, is the DHT's business. Owned by a LocalNetwork, control thread.
#pragma once

#include <array>
#include <optional>

#include "core/network/whereabouts.h"
#include "core/node/turn.h"

namespace lanyard::node {

class OwnWhereabouts {
 public:
  // The newest presence of this member; keys are the same at each call.
  void tick(Turn& turn, const network::AccessKeys& keys, const network::Presence& presence);
  // A newer version of ours is there: of a run whose clock was ahead, or by a member that means us
  // ill. It is outdone. False: not ours.
  bool item_found(const dht::ItemFound& found);
  void stop(Turn& turn);

 private:
  // What is told in one hour.
  struct Told {
    dht::ItemTarget target;
    std::int64_t sequence = 0;
    bool is_due = true;
  };

  void follow(Turn& turn);
  static void tell(Turn& turn,
                   Told& told,
                   network::RendezvousHour hour,
                   const network::AccessKeys& keys,
                   const network::Presence& presence);

  std::optional<network::RendezvousHour> hour_;
  std::array<Told, 2> told_;                  // of this hour and the next
  std::int64_t presence_sequence_ = 0;        // of what was told last
  Instant settles_at_ = Instant::long_ago();  // what has changed is told then
};

}  // namespace lanyard::node
