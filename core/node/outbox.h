// SPDX-License-Identifier: Apache-2.0
// Everything that a node wants done, as values. The owner carries it out and clears the box before
// the next input; nothing in it calls back.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/datagram.h"
#include "core/base/endpoint.h"
#include "core/base/mac_address.h"
#include "core/base/result.h"
#include "core/control/messages.h"
#include "core/node/device_id.h"

namespace lanyard::node {

struct Forwarding;

// Names a client's request, chosen by the owner, unique among the open ones.
using RequestId = std::uint64_t;

// Open a TAP device, or change one that is open. The owner answers with handle_device().
struct DeviceConfiguration {
  DeviceId device = 0;
  std::string wanted_name;  // empty: the first free lanyardN
  MacAddress mac;
  std::uint32_t mtu = 0;            // bytes
  std::vector<IpPrefix> addresses;  // exactly these; others of the device are removed
};

// A state file, relative to the state directory; absent contents: remove it.
struct StateFile {
  std::string name;
  std::optional<Buffer> contents;
};

struct Answer {
  RequestId request = 0;
  Result<control::Reply> reply;
};

struct Notice {
  RequestId request = 0;
  control::Notification notification;
};

struct Outbox {
  Datagrams datagrams;              // from the tunnel's UDP port
  Datagrams router_datagrams;       // from a socket of their own: requests for a port mapping
  std::vector<Buffer> lan_beacons;  // to the multicast groups, on every underlay interface
  std::vector<DeviceConfiguration> devices;
  std::vector<DeviceId> closed_devices;
  std::vector<StateFile> files;  // to be on disk before answers are delivered
  std::vector<Notice> notices;   // before answers
  std::vector<Answer> answers;
  std::shared_ptr<const Forwarding> forwarding;  // nullptr: unchanged

  void clear() { *this = Outbox(); }
};

}  // namespace lanyard::node
