// SPDX-License-Identifier: Apache-2.0
#include "platform/devices.h"

#include <utility>

namespace lanyard::platform {

Devices::~Devices() {
  while (!open_.empty()) close(open_.begin()->first);
}

Result<std::string> Devices::configure(const node::DeviceConfiguration& wanted) {
  const auto present = open_.find(wanted.device);
  if (present != open_.end() && !wanted.wanted_name.empty() &&
      wanted.wanted_name != present->second.tap.name) {
    close(wanted.device);
  }
  if (!open_.contains(wanted.device)) {
    const auto opened = open(wanted);
    if (!opened) return opened.error();
  }
  OpenDevice& device = open_.at(wanted.device);
  const auto adjusted = adjust(device, wanted);
  if (!adjusted) {
    close(wanted.device);
    return adjusted.error();
  }
  return device.tap.name;
}

Result<void> Devices::open(const node::DeviceConfiguration& wanted) {
  auto tap = open_tap_device(wanted.wanted_name);
  if (!tap) return tap.error();
  const auto marked = netlink_.mark_as_ours(tap->index);
  if (!marked) return marked.error();
  // Before it is up: members must not hand us routes by router advertisements.
  ignore_router_advertisements(*tap);
  worker_.add_device(wanted.device, tap->descriptor);
  open_.emplace(wanted.device, OpenDevice{std::move(*tap), {}, 0});
  return {};
}

Result<void> Devices::adjust(OpenDevice& device, const node::DeviceConfiguration& wanted) {
  const std::uint32_t index = device.tap.index;
  if (device.mac != wanted.mac || device.mtu != wanted.mtu) {
    const auto set = netlink_.set_link(index, wanted.mac, wanted.mtu);
    if (!set) return set.error();
    device.mac = wanted.mac;
    device.mtu = wanted.mtu;
  }
  const auto up = netlink_.set_up(index);
  if (!up) return up.error();
  return netlink_.set_addresses(index, wanted.addresses);
}

void Devices::close(node::DeviceId device) {
  const auto found = open_.find(device);
  if (found == open_.end()) return;
  // First the worker's share of the descriptor, so that ours is the last.
  worker_.remove_device(device);
  open_.erase(found);
}

}  // namespace lanyard::platform
