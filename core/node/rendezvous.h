// SPDX-License-Identifier: Apache-2.0
// Rendezvous: meeting in the DHT under the info-hashes that follow from one access secret and the
// hour (protocol.md section 8). Both ends announce and both look, so that both start to send and
// two endpoint-independent NATs open for each other. Owned by one network or join, control thread.
#pragma once

#include <array>
#include <optional>

#include "core/dht/dht.h"
#include "core/network/access.h"
#include "core/node/turn.h"

namespace lanyard::node {

class Rendezvous {
 public:
  // Announces when that is due, and looks for others when the last look was `look_every` ago
  // (Duration of 0: do not look). keys are the same at each call.
  void tick(Turn& turn, const network::AccessKeys& keys, Duration look_every);
  // A lookup of ours has ended.
  void lookup_done(Turn& turn, const dht::LookupDone& done);
  // Peers under this hash are for us.
  bool owns(const dht::InfoHash& info_hash) const;
  void stop(Turn& turn);
  // The underlay changed: what was announced is void.
  void renew() { next_announce_ = Instant::long_ago(); }

 private:
  struct Meeting {
    dht::InfoHash info_hash;
    std::optional<dht::LookupId> lookup;
    dht::Announce announce = dht::Announce::no;
  };

  void follow(Turn& turn, const network::AccessKeys& keys);
  void look(Turn& turn, Meeting& meeting, dht::Announce announce);

  std::optional<network::RendezvousHour> hour_;
  std::array<Meeting, 2> meetings_;  // of this hour and the next
  Instant next_announce_ = Instant::long_ago();
  Duration retry_after_;      // when nobody takes the last announcement
  bool was_refused_ = false;  // by nodes that answered
  Instant last_look_ = Instant::long_ago();
};

}  // namespace lanyard::node
