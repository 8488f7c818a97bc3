// SPDX-License-Identifier: Apache-2.0
// What clients ask of a daemon and what it answers, as plain structs. Their JSON form is in json.h;
// who may ask what is decided by the owner of the socket; the work is done by the node.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/control/check.h"
#include "core/control/status.h"

namespace lanyard::control {

// `network` names a network by name or by the start of its id; empty where just one is joined.

struct CreateNetwork {
  std::string name;
  std::optional<std::string> subnet;   // IPv4 CIDR; absent: one that clashes with no local network
  std::optional<std::string> address;  // own fixed IPv4 address
  std::optional<std::string> interface;    // name of the TAP device
  std::optional<std::uint32_t> mtu;        // bytes; absent: what fits the underlay
  std::optional<std::string> member_name;  // absent: the daemon's default (host name)
};

// Changes of an existing network may come with bringing it up.
struct NetworkUp {
  std::string network;
  std::optional<std::string> interface;
  std::optional<std::uint32_t> mtu;
};

struct NetworkDown {
  std::string network;
};

struct LeaveNetwork {
  std::string network;
};

struct JoinNetwork {
  std::string token;
  std::optional<std::string> member_name;
  std::optional<std::string> interface;
};

struct CreateInvite {
  std::string network;
  std::int64_t expires_seconds = 24 * 3600;
  std::uint32_t uses = 1;
  std::optional<std::string> member_name;  // the name that the joiner will have
  std::optional<std::string> address;      // the joiner's fixed IPv4 address
};

struct ListInvites {
  std::string network;
};

// `invite` is the id shown by ListInvites, or a unique start of it.
struct RevokeInvite {
  std::string network;
  std::string invite;
};

struct GetStatus {};

struct Ping {
  std::string network;
  std::string peer;  // member name, address or start of the id
  std::uint32_t count = 4;
  std::uint32_t interval_milliseconds = 1000;
  std::uint32_t timeout_milliseconds = 2000;  // for each echo
};

struct GetVersion {};

struct GetDiagnosis {};

struct GetNetcheck {};

struct Why {
  std::string network;
  std::string peer;  // as in Ping
};

using Request = std::variant<CreateNetwork,
                             NetworkUp,
                             NetworkDown,
                             LeaveNetwork,
                             JoinNetwork,
                             CreateInvite,
                             ListInvites,
                             RevokeInvite,
                             GetStatus,
                             Ping,
                             GetVersion,
                             GetDiagnosis,
                             GetNetcheck,
                             Why>;

struct NetworkReply {
  std::string id;
  std::string name;
  std::string interface;
  std::vector<std::string> addresses;
};

struct InviteReply {
  std::string token;
  std::string id;
  std::string network;
  std::int64_t expires = 0;  // unix seconds
  std::uint32_t uses = 1;
};

struct InviteStatus {
  std::string id;
  std::string state;  // open, expired, used-up, revoked
  std::int64_t expires = 0;
  std::uint32_t uses = 0;
  std::vector<std::string> claimed_by;  // member names
  std::string member_name;
  std::string address;
};

struct InviteList {
  std::string network;
  std::vector<InviteStatus> invites;
};

struct PingSummary {
  std::uint32_t sent = 0;
  std::uint32_t received = 0;
  double min_seconds = 0;
  double average_seconds = 0;
  double max_seconds = 0;
};

struct Version {
  std::string version;
  std::uint32_t protocol = 1;
};

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
  bool open = false;                // strangers can reach it: there is no NAT, or a port is mapped
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

struct Done {};

// CreateNetwork, NetworkUp and JoinNetwork are answered by a NetworkReply; CreateInvite by an
// InviteReply; ListInvites by an InviteList; GetStatus, Ping, GetVersion, GetDiagnosis, GetNetcheck
// and Why by Status, PingSummary, Version, Diagnosis, Netcheck and PathReport; the others by Done.
using Reply = std::variant<Done,
                           NetworkReply,
                           InviteReply,
                           InviteList,
                           Status,
                           PingSummary,
                           Version,
                           Diagnosis,
                           Netcheck,
                           PathReport>;

// Sent before the reply of a request that takes a while.
struct Progress {
  std::string text;
};

struct PingEcho {
  std::uint32_t sequence = 0;
  std::string peer;
  std::string address;
  bool lost = false;
  double rtt_seconds = 0;
  PathKind path = PathKind::none;
  std::string via;
  std::string endpoint;
};

using Notification = std::variant<Progress, PingEcho>;

}  // namespace lanyard::control
