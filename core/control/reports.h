// SPDX-License-Identifier: Apache-2.0
// What a daemon answers to those who ask what is wrong, or why: of itself, of the world beyond this
// machine's network, and of the path to one member.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/control/check.h"
#include "core/control/status.h"

namespace lanyard::control {

struct Diagnosis {
  std::vector<Check> checks;
};

// The UDP sockets of tunnel and DHT, which share one port.
struct UdpStatus {
  std::uint16_t port = 0;
  std::uint32_t sockets = 0;  // of each family
  bool ipv4 = true;
  bool ipv6 = false;
};

// How the world beyond this machine's own network looks from here.
struct Netcheck {
  UdpStatus udp;
  std::string nat;  // as in Status
  std::vector<std::string> outside_addresses;
  PortMappingStatus port_mapping;
  DhtStatus dht;
  std::vector<Check> checks;  // what follows from it: of the DHT, of a NAT
};

// Where one end of a path stands, as it says itself.
struct PathEnd {
  std::string mapping = "unknown";  // its NAT's: none, one-port, port-per-destination, unknown
  bool mapped = false;              // its router forwards a port to it
  bool ipv4 = false;
  bool ipv6 = false;
};

struct PathCandidate {
  std::string endpoint;
  std::string source;  // announced: the member says so; remembered: it was there before
  bool in_use = false;
};

// Something that became of the path, the oldest first.
struct PathEvent {
  std::int64_t seconds_ago = 0;
  std::string text;
};

// Why a member is reached the way it is.
struct PathReport {
  std::string peer;
  PathKind path = PathKind::none;
  std::string via;
  std::string endpoint;
  Check verdict;
  PathEnd ours;
  std::optional<PathEnd> theirs;  // as the member says; nothing until a session told us
  std::vector<PathCandidate> candidates;
  std::vector<PathEvent> events;
};

}  // namespace lanyard::control
