// SPDX-License-Identifier: Apache-2.0
// The state file "daemon": the port that NATs and peers know us by, DHT nodes to begin with, and
// what a run that crashed has left on its router.
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
  std::vector<dht::Contact> dht_nodes;
  std::optional<nat::RememberedMapping> mapping;
};

Buffer encode_daemon_file(const DaemonFile& file);
Result<DaemonFile> parse_daemon_file(Bytes contents);

}  // namespace lanyard::node
