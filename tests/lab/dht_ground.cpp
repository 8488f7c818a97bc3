// SPDX-License-Identifier: Apache-2.0
#include "tests/lab/dht_ground.h"

namespace lanyard::lab {
namespace {

constexpr const char* kPort = "6881";

std::string number_of(Kind kind) { return kind == Kind::ours ? "18" : "19"; }

}  // namespace

DhtGround::DhtGround(int nodes) {
  connect({ours_, kGroundInterface}, {theirs_, kGroundInterface});
  furnish(Kind::ours, nodes);
  furnish(Kind::theirs, nodes);
}

void DhtGround::furnish(Kind kind, int nodes) const {
  const std::string device = std::string(" dev ") + kGroundInterface;
  for (int node = 0; node < nodes; ++node) {
    space(kind).ip("address add " + address(kind, node) + "/32" + device);
    space(kind).ip("address add " + address(kind, node, Family::v6) + "/128 nodad" + device);
  }
  const std::string far = number_of(kind == Kind::ours ? Kind::theirs : Kind::ours);
  space(kind).ip("route add 198." + far + ".0.0/16" + device);
  space(kind).ip("route add 2001:db8:" + far + "::/48" + device);
}

std::string DhtGround::address(Kind kind, int node, Family family) {
  // Decimal digits are hexadecimal ones too.
  const std::string number = std::to_string(node + 1);
  return family == Family::v4 ? "198." + number_of(kind) + "." + number + ".2"
                              : "2001:db8:" + number_of(kind) + ":" + number + "::2";
}

std::string DhtGround::endpoint(Kind kind, int node, Family family) {
  const std::string host = address(kind, node, family);
  return (family == Family::v4 ? host : "[" + host + "]") + ":" + kPort;
}

std::string dht_node_program() { return LANYARD_DHT_NODE; }

std::string libtorrent_program() { return LANYARD_LIBTORRENT_NODE; }

std::string junk_flood_program() { return LANYARD_JUNK_FLOOD; }

}  // namespace lanyard::lab
