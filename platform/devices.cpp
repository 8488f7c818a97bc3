// SPDX-License-Identifier: Apache-2.0
#include "platform/devices.h"

#include <algorithm>
#include <utility>

#include "core/node/sealed_run.h"
#include "core/tunnel/wire.h"
#include "core/vswitch/ethernet.h"

namespace lanyard::platform {

std::uint32_t segments_per_run(std::uint32_t device_mtu) {
  // What a datagram adds to a packet: data header, kind of body, the frame's own header, tag.
  constexpr std::size_t kOverhead = tunnel::kMinDataSize + vswitch::kEthernetHeaderSize;
  const std::size_t by_bytes = node::SealedRun::kMaxBytes / (device_mtu + kOverhead);
  return static_cast<std::uint32_t>(
      std::clamp<std::size_t>(by_bytes, 1, node::SealedRun::kMaxDatagrams));
}

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
  auto tap = open_tap_device(wanted.wanted_name, {workers_.size(), offloads_});
  if (!tap) return tap.error();
  const auto marked = netlink_.mark_as_ours(tap->index);
  if (!marked) return marked.error();
  // Before it is up: members must not hand us routes by router advertisements.
  ignore_router_advertisements(*tap);
  for (std::size_t i = 0; i < workers_.size(); ++i) {
    workers_[i]->add_device(wanted.device, tap->queues[i], tap->offloads);
  }
  open_.emplace(wanted.device, OpenDevice{std::move(*tap), {}, 0});
  return {};
}

Result<void> Devices::adjust(OpenDevice& device, const node::DeviceConfiguration& wanted) {
  const std::uint32_t index = device.tap.index;
  if (device.mac != wanted.mac || device.mtu != wanted.mtu) {
    const auto set = netlink_.set_link(index, wanted.mac, wanted.mtu);
    if (!set) return set.error();
    // Without it a run is cut in two: slower, but right.
    static_cast<void>(netlink_.set_gso_segments(index, segments_per_run(wanted.mtu)));
    device.mac = wanted.mac;
    device.mtu = wanted.mtu;
  }
  const auto up = netlink_.set_up(index);
  if (!up) return up.error();
  return netlink_.set_addresses(index, wanted.addresses);
}

std::map<node::DeviceId, Offloads> Devices::offloads() const {
  std::map<node::DeviceId, Offloads> out;
  for (const auto& [id, device] : open_) out.emplace(id, device.tap.offloads);
  return out;
}

void Devices::close(node::DeviceId device) {
  const auto found = open_.find(device);
  if (found == open_.end()) return;
  // First the workers' shares of the descriptors, so that ours are the last.
  for (Worker* worker : workers_) worker->remove_device(device);
  open_.erase(found);
}

}  // namespace lanyard::platform
