// SPDX-License-Identifier: Apache-2.0
// A private swarm of DHT nodes on the laboratory's internet, 20.1.n.1, each a /24 of its own, that
// have nothing to do with any network of ours. The first is the one that newcomers are told of; it
// is a program of its own, and can die.
#pragma once

#include <memory>
#include <string>

#include "tests/lab/dialogue.h"
#include "tests/lab/topology.h"

namespace lanyard::lab {

class DhtCrowd {
 public:
  // So many nodes; returns when all know others.
  DhtCrowd(Lab& lab, int nodes);

  // For daemons that are to begin with the first.
  std::vector<std::string> daemon_options() const;
  void kill_first() { first_.reset(); }

 private:
  static std::string endpoint(int node);

  Machine& machine_;
  std::unique_ptr<Dialogue> first_;
  Dialogue others_;
};

}  // namespace lanyard::lab
