// SPDX-License-Identifier: Apache-2.0
// A virtual Ethernet interface of this machine: what the kernel sends to it can be read from the
// descriptor, one frame a read, and what is written there the kernel receives. It vanishes when its
// descriptor is closed. Its addresses and its state are set through Netlink.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/base/result.h"
#include "platform/file_descriptor.h"

namespace lanyard::platform {

struct TapDevice {
  SharedDescriptor descriptor;  // non-blocking
  std::string name;
  std::uint32_t index = 0;  // the kernel's number of the interface
};

// wanted_name empty: the first free lanyardN. Errors: unavailable (no /dev/net/tun), permission,
// conflict (an interface of that name exists), invalid (not a name for an interface).
Result<TapDevice> open_tap_device(std::string_view wanted_name);

// What others on the device say about IPv6 routes and prefixes is not believed.
void ignore_router_advertisements(const TapDevice& device);

}  // namespace lanyard::platform
