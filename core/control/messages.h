// SPDX-License-Identifier: Apache-2.0
// What clients ask of a daemon and what it answers, as plain structs. Their JSON form is in json.h;
// who may ask what is decided by the owner of the socket; the work is done by the node.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/control/reports.h"
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
