// SPDX-License-Identifier: Apache-2.0
// The data workers of a daemon as one: each has sockets of the port and a queue of each device of
// its own, and all get the same snapshots.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "platform/worker.h"

namespace lanyard::platform {

// Control thread.
class Workers {
 public:
  // One for each socket of the port, which must outlive them.
  explicit Workers(const UdpPort& port);

  Result<void> start();
  std::size_t size() const { return workers_.size(); }
  ControlQueue& control_queue(std::size_t number) { return workers_[number]->control_queue(); }

  // All use it when this returns: what comes in answer to something that is sent from then on finds
  // the session that it belongs to.
  void set_forwarding(const std::shared_ptr<const node::Forwarding>& forwarding);
  // As many queues for each worker; their number is a multiple of the workers'.
  void add_device(node::DeviceId device, std::span<const SharedDescriptor> queues, Offloads on);
  // The workers have let go of the queues when this returns.
  void remove_device(node::DeviceId device);

  // Of all of them, by reason.
  DropList dropped() const;

 private:
  std::vector<std::unique_ptr<Worker>> workers_;
};

}  // namespace lanyard::platform
