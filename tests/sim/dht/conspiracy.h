// SPDX-License-Identifier: Apache-2.0
// Hostile nodes that act together to hide what is announced under one hash: they sit as near to it
// as they can, name nobody but each other, hand out write tokens, and forget what they are given.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "tests/sim/dht/crowd.h"

namespace lanyard::sim {

// Where they sit: right beside the target, or as near as ids that fit their addresses (BEP 42) can
// be.
enum class Ids : std::uint8_t { at_will, bound };

class Conspiracy final : public Stranger {
 public:
  // All three outlive it, and it the crowd's last run.
  Conspiracy(Crowd& crowd, const dht::InfoHash& target, Ids ids)
      : crowd_(crowd), target_(target.position()), ids_(ids) {}

  void recruit(const Endpoint& endpoint);
  // All make themselves known to the nodes near the target and to some others, several times.
  void introduce();
  // They vanish.
  void disband();

  void handle_datagram(Number node, Number from, Bytes payload, Datagrams& out) override;

 private:
  dht::NodeId place_for(const IpAddress& address);

  Crowd& crowd_;
  dht::NodeId target_;
  Ids ids_;
  std::map<Number, dht::Contact> members_;
  std::vector<dht::Contact> named_;  // the nearest
};

}  // namespace lanyard::sim
