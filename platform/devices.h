// SPDX-License-Identifier: Apache-2.0
// The TAP devices of this daemon's networks: made and configured as the node asks, and handed to
// the data workers, a queue of each device to each worker.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/node/outbox.h"
#include "platform/netlink.h"
#include "platform/offloads.h"
#include "platform/tap_device.h"
#include "platform/worker.h"

namespace lanyard::platform {

// The most segments of a super-frame from a device of this MTU of which all datagrams are sure to
// fit one run (node::SealedRun), and so one system call. At least 1.
std::uint32_t segments_per_run(std::uint32_t device_mtu);

// Control thread. Devices are gone when it is.
class Devices {
 public:
  // netlink and the workers must outlive it. offloads: those that are wanted.
  Devices(Netlink& netlink, std::vector<Worker*> workers, Offloads offloads)
      : netlink_(netlink), workers_(std::move(workers)), offloads_(offloads) {}
  Devices(const Devices&) = delete;
  Devices& operator=(const Devices&) = delete;
  ~Devices();

  // The device's name. After an error there is no such device.
  Result<std::string> configure(const node::DeviceConfiguration& wanted);
  // The interface is gone when it returns.
  void close(node::DeviceId device);
  // Those that are on, of each device.
  std::map<node::DeviceId, Offloads> offloads() const;

 private:
  struct OpenDevice {
    TapDevice tap;
    MacAddress mac;
    std::uint32_t mtu = 0;
  };

  Result<void> open(const node::DeviceConfiguration& wanted);
  Result<void> adjust(OpenDevice& device, const node::DeviceConfiguration& wanted);

  Netlink& netlink_;
  std::vector<Worker*> workers_;
  Offloads offloads_;
  std::map<node::DeviceId, OpenDevice> open_;
};

}  // namespace lanyard::platform
