// SPDX-License-Identifier: Apache-2.0
// RelayDesk: the circuits that this node relays for others, of all its networks, and what each
// member has used of its share. It gives out numbers and keeps the books; who may ask, and who is
// told, is the network's matter, and the datagrams are the workers'.
//
// Owned by the node, control thread.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <utility>
#include <vector>

#include "core/base/rng.h"
#include "core/base/time.h"
#include "core/network/identifiers.h"
#include "core/node/relay_meter.h"
#include "core/tunnel/relayed.h"

namespace lanyard::node {

class RelayDesk {
 public:
  // Generous: an end stops long before it for lack of bandwidth, as a rule.
  static constexpr std::int64_t kDefaultQuota = 250'000'000;  // bytes a second, 2 Gbit/s
  static constexpr std::size_t kMaxCircuits = 1024;
  static constexpr std::size_t kMaxCircuitsOfMember = 64;
  static constexpr Duration kIdle = minutes(3);  // nine of the pings that keep a used one alive

  // Tells a node's networks apart.
  using NetworkHandle = std::uint32_t;

  struct Half {
    network::MemberId member;
    tunnel::CircuitNumber number = 0;
    std::shared_ptr<RelayMeter> meter;  // of what this member sends; never null
  };
  struct Circuit {
    NetworkHandle network = 0;
    Half first;
    Half second;
    std::uint64_t used_bytes = 0;  // of both meters, when last looked at
    Instant last_used;

    const Half* of(const network::MemberId& member) const;
    const Half& opposite(const network::MemberId& member) const;
  };

  explicit RelayDesk(std::int64_t quota_bytes_per_second) : quota_(quota_bytes_per_second) {}

  // The one between these two, a new one where there is none; nullptr: there are too many. Borrowed
  // until the next call.
  const Circuit* open(Instant now,
                      NetworkHandle network,
                      const network::MemberId& a,
                      const network::MemberId& b,
                      Rng& rng);
  // Takes out those of a network for which the condition (of a Circuit) holds.
  template <typename Condition>
  std::vector<Circuit> close_if(NetworkHandle network, const Condition& condition) {
    std::vector<Circuit> closed;
    std::erase_if(circuits_, [&](const Circuit& circuit) {
      if (circuit.network != network || !condition(circuit)) return false;
      closed.push_back(circuit);
      return true;
    });
    for (const Circuit& circuit : closed) forget(circuit);
    return closed;
  }
  const std::vector<Circuit>& circuits() const { return circuits_; }

  // Fills the meters, and looks which circuits are used; a few times a second, or less.
  void tick(Instant now);

  std::uint64_t relayed_bytes() const;
  std::uint64_t relayed_packets() const;
  // The name of a circuit that ends here: never given out twice.
  tunnel::CircuitId next_id() { return next_id_++; }

 private:
  using MeterKey = std::pair<NetworkHandle, network::MemberId>;

  Half half(NetworkHandle network, const network::MemberId& member, Rng& rng);
  std::size_t count_of(NetworkHandle network, const network::MemberId& member) const;
  void forget(const Circuit& circuit);

  std::int64_t quota_;
  std::vector<Circuit> circuits_;
  std::set<tunnel::CircuitNumber> numbers_;
  std::map<MeterKey, std::shared_ptr<RelayMeter>> meters_;  // of members with a circuit
  Instant last_tick_ = Instant::long_ago();
  std::uint64_t ended_bytes_ = 0;  // of meters that are no more
  std::uint64_t ended_packets_ = 0;
  tunnel::CircuitId next_id_ = 1;
};

}  // namespace lanyard::node
