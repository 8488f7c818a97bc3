// SPDX-License-Identifier: Apache-2.0
// The TAP devices of this daemon's networks: made and configured as the node asks, and handed to
// the data worker.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "core/base/result.h"
#include "core/node/outbox.h"
#include "platform/netlink.h"
#include "platform/tap_device.h"
#include "platform/worker.h"

namespace lanyard::platform {

// Control thread. Devices are gone when it is.
class Devices {
 public:
  // Both must outlive it.
  Devices(Netlink& netlink, Worker& worker) : netlink_(netlink), worker_(worker) {}
  Devices(const Devices&) = delete;
  Devices& operator=(const Devices&) = delete;
  ~Devices();

  // The device's name. After an error there is no such device.
  Result<std::string> configure(const node::DeviceConfiguration& wanted);
  // The interface is gone when it returns.
  void close(node::DeviceId device);

 private:
  struct OpenDevice {
    TapDevice tap;
    MacAddress mac;
    std::uint32_t mtu = 0;
  };

  Result<void> open(const node::DeviceConfiguration& wanted);
  Result<void> adjust(OpenDevice& device, const node::DeviceConfiguration& wanted);

  Netlink& netlink_;
  Worker& worker_;
  std::map<node::DeviceId, OpenDevice> open_;
};

}  // namespace lanyard::platform
