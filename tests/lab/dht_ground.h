// SPDX-License-Identifier: Apache-2.0
// Where DHT nodes of two kinds live side by side: two network namespaces joined by one wire, each
// node at an address of its own, for a DHT suspects neighbours.
//
//   ours   198.18.n.2, 2001:db8:18:n::2  -----------  theirs   198.19.n.2, 2001:db8:19:n::2
//
// No two nodes share a /24 or a /64; all addresses look public to libtorrent. Each is an Ethernet
// neighbour of every other: there is no router, and nothing leads outside.
#pragma once

#include <string>

#include "tests/lab/dialogue.h"
#include "tests/lab/network_namespace.h"

namespace lanyard::lab {

inline constexpr const char* kGroundInterface = "ground";

enum class Kind { ours, theirs };

class DhtGround {
 public:
  // Room for so many nodes of each kind, numbered from 0.
  explicit DhtGround(int nodes);

  const NetworkNamespace& space(Kind kind) const { return kind == Kind::ours ? ours_ : theirs_; }
  static std::string address(Kind kind, int node, Family family = Family::v4);
  // The address with the port that every node listens at.
  static std::string endpoint(Kind kind, int node, Family family = Family::v4);

 private:
  void furnish(Kind kind, int nodes) const;

  NetworkNamespace ours_;
  NetworkNamespace theirs_;
};

// Programs that run nodes of either kind (dht_node.cpp, libtorrent_node.cpp).
std::string dht_node_program();
std::string libtorrent_program();
// junk_flood.cpp.
std::string junk_flood_program();

}  // namespace lanyard::lab
