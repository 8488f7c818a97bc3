// SPDX-License-Identifier: Apache-2.0
// The state files of one network: "networks/<id>.network" with its keys and settings, without which
// the membership is lost, and "networks/<id>.roster" with what gossip would bring back. Encoding
// and parsing; that files are whole and written atomically is the platform's care.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/network/access.h"
#include "core/network/membership.h"
#include "core/network/roster.h"

namespace lanyard::node {

struct NetworkKeys {
  crypto::IdentityKey identity;
  crypto::NoiseKey noise;
  std::optional<crypto::AdminKey> admin;  // on the machine that made the network
  network::NetworkSecret secret;
  std::int64_t epoch = 0;
};

enum class Wanted : std::uint8_t { down, up };

struct NetworkPreferences {
  std::string interface;  // empty: the first free lanyardN
  std::optional<std::uint32_t> mtu;
  std::string member_name;
  Wanted wanted = Wanted::up;
};

struct NetworkFile {
  NetworkKeys keys;
  NetworkPreferences preferences;
  network::Membership membership;
  // Charter and links down to ourselves: enough to start from when the roster's file is lost.
  std::vector<Buffer> chain;
};

// Where a member was when last seen.
struct RememberedPath {
  network::MemberId member;
  Endpoint endpoint;
  UnixTime last_seen;
};

struct RosterFile {
  network::Roster roster;
  std::vector<RememberedPath> paths;
};

std::string network_file_name(const network::NetworkId& id);
std::string roster_file_name(const network::NetworkId& id);
enum class NetworkFileKind : std::uint8_t { network, roster };
// Nothing when this is no file of a network.
std::optional<NetworkFileKind> network_file_kind(std::string_view name);

// Holds private keys.
Buffer encode_network_file(const NetworkKeys& keys,
                           const NetworkPreferences& preferences,
                           const network::Membership& membership,
                           const std::vector<Buffer>& chain);
Result<NetworkFile> parse_network_file(Bytes contents);

Buffer encode_roster_file(const network::Roster& roster, const std::vector<RememberedPath>& paths);
Result<RosterFile> parse_roster_file(Bytes contents);

}  // namespace lanyard::node
