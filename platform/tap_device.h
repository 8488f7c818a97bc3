// SPDX-License-Identifier: Apache-2.0
// A virtual Ethernet interface of this machine: what the kernel sends to it can be read from its
// descriptors, one frame a read, and what is written there the kernel receives. It vanishes when
// its descriptors are closed. Its addresses and its state are set through Netlink.
//
// With Offload::vnet each read and each write is a virtio header of 10 bytes in the machine's byte
// order (VIRTIO 1.2 section 5.1.6, without num_buffers) and the frame.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "platform/file_descriptor.h"
#include "platform/flow_steering.h"
#include "platform/offloads.h"

namespace lanyard::platform {

struct TapOptions {
  std::size_t queues = 1;  // the kernel spreads flows over them; 1 to 256
  Offloads offloads;       // of which vnet, checksum, tso and uso matter here
};

struct TapDevice {
  std::vector<SharedDescriptor> queues;  // non-blocking
  std::string name;
  std::uint32_t index = 0;  // the kernel's number of the interface
  // Of vnet, checksum, tso and uso those that are on: wanted, and known to the kernel. Without vnet
  // there is none of them.
  Offloads offloads = Offloads::none();
  Steering steering = Steering::by_flow;
};

// wanted_name empty: the first free lanyardN. Errors: unavailable (no /dev/net/tun), permission,
// conflict (an interface of that name exists), invalid (not a name for an interface).
Result<TapDevice> open_tap_device(std::string_view wanted_name, const TapOptions& options = {});

// What others on the device say about IPv6 routes and prefixes is not believed.
void ignore_router_advertisements(const TapDevice& device);

}  // namespace lanyard::platform
