// SPDX-License-Identifier: Apache-2.0
// The TAP devices of this daemon's networks: made and configured as the node asks, and handed to
// the data workers, a queue of each device to each worker.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/node/outbox.h"
#include "platform/netlink.h"
#include "platform/offloads.h"
#include "platform/tap_device.h"
#include "platform/workers.h"

namespace lanyard::platform {

// The limit for super-frames (Netlink::set_gso_size) of a device of this MTU with which the
// datagrams of one of TCP's are as many as fit one run (node::SealedRun), and so one system call.
std::uint32_t super_frame_limit(std::uint32_t device_mtu);

// Flows are spread over the queues. A flood or a bulk transfer fills its own, and what is in
// another neither waits behind it nor is lost with it; the more there are, the fewer flows share
// one with it. The kernel has at most 256 (MAX_TAP_QUEUES).
inline constexpr std::size_t kQueuesPerWorker = 16;

// Control thread. Devices are gone when it is.
class Devices {
 public:
  // netlink and the workers must outlive it. offloads: those that are wanted.
  Devices(Netlink& netlink, Workers& workers, Offloads offloads)
      : netlink_(netlink), workers_(workers), offloads_(offloads) {}
  Devices(const Devices&) = delete;
  Devices& operator=(const Devices&) = delete;
  ~Devices();

  // The device's name. After an error there is no such device.
  Result<std::string> configure(const node::DeviceConfiguration& wanted);
  // Links or forwarding have changed: what limits super-frames is read anew.
  void handle_network_change();
  // The interface is gone when it returns.
  void close(node::DeviceId device);
  // Those that are on, of each device.
  std::map<node::DeviceId, Offloads> offloads() const;
  // Frames that found their device's queue full, of all devices since start.
  std::uint64_t queue_drops() const;
  // by_kernel if one of them is.
  Steering steering() const;

 private:
  struct OpenDevice {
    TapDevice tap;
    MacAddress mac{};
    std::uint32_t mtu = 0;
    std::uint32_t limit = 0;  // of super-frames; 0: the kernel's
    // Stays set: connections keep the limit they began with, and a lower one would cut their
    // super-frames into single segments.
    bool has_foreign_frames = false;
  };

  Result<void> open(const node::DeviceConfiguration& wanted);
  Result<void> adjust(OpenDevice& device, const node::DeviceConfiguration& wanted);
  void limit_super_frames(OpenDevice& device);

  Netlink& netlink_;
  Workers& workers_;
  Offloads offloads_;
  std::map<node::DeviceId, OpenDevice> open_;
  std::uint64_t queue_drops_of_closed_ = 0;
};

}  // namespace lanyard::platform
