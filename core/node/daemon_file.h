// SPDX-License-Identifier: Apache-2.0
// The state file "daemon": the port that NATs and peers know us by, who we are in the DHT and whom
// we know there, and what a run that crashed has left on its router.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/dht/node_id.h"
#include "core/nat/port_mapping.h"

namespace lanyard::node {

inline constexpr std::string_view kDaemonFileName = "daemon";

struct DaemonFile {
  std::uint16_t port = 0;
  std::vector<dht::Contact> dht_nodes;  // of both families, the surest first
  std::optional<dht::NodeId> dht_id;    // in the DHT of IPv4
  std::optional<dht::NodeId> dht_id6;   // in that of IPv6
  std::optional<nat::RememberedMapping> mapping;

  // Those that are good now, then those of before that are not among them: right after a start few
  // have answered yet.
  void note_nodes(std::vector<dht::Contact> good);
};

Buffer encode_daemon_file(const DaemonFile& file);
Result<DaemonFile> parse_daemon_file(Bytes contents);

}  // namespace lanyard::node
