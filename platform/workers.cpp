// SPDX-License-Identifier: Apache-2.0
#include "platform/workers.h"

#include <cassert>

namespace lanyard::platform {

Workers::Workers(const UdpPort& port) {
  for (std::size_t i = 0; i < port.sockets(); ++i) {
    workers_.push_back(std::make_unique<Worker>(port, i));
  }
}

Result<void> Workers::start() {
  for (const auto& worker : workers_) {
    const auto started = worker->start();
    if (!started) return started.error();
  }
  return {};
}

void Workers::set_forwarding(const std::shared_ptr<const node::Forwarding>& forwarding) {
  for (const auto& worker : workers_) worker->set_forwarding(forwarding);
  for (const auto& worker : workers_) worker->wait_until_used();
}

void Workers::add_device(node::DeviceId device,
                         std::span<const SharedDescriptor> queues,
                         Offloads on) {
  const std::size_t share = queues.size() / workers_.size();
  assert(share > 0 && queues.size() == share * workers_.size());
  for (std::size_t i = 0; i < workers_.size(); ++i) {
    workers_[i]->add_device(device, queues.subspan(i * share, share), on);
  }
}

void Workers::remove_device(node::DeviceId device) {
  for (const auto& worker : workers_) worker->remove_device(device);
}

DropList Workers::dropped() const {
  std::vector<DropList> lists;
  for (const auto& worker : workers_) lists.push_back(worker->dropped());
  return sum_of(lists);
}

}  // namespace lanyard::platform
