// SPDX-License-Identifier: Apache-2.0
#include "core/node/forwarding.h"

#include <algorithm>
#include <utility>

namespace lanyard::node {

namespace {

std::uint32_t index_of(const SessionEntry& entry) { return entry.session->local_index(); }

std::pair<tunnel::CircuitNumber, Endpoint> name_of(const CircuitEntry& entry) {
  return {entry.number, entry.from};
}

}  // namespace

void Forwarding::sort() {
  std::ranges::sort(devices, {}, &DeviceForwarding::device);
  std::ranges::sort(sessions, {}, index_of);
  std::ranges::sort(circuits, {}, name_of);
}

const DeviceForwarding* Forwarding::find_device(DeviceId device) const {
  const auto at = std::ranges::lower_bound(devices, device, {}, &DeviceForwarding::device);
  return at != devices.end() && at->device == device ? &*at : nullptr;
}

const SessionEntry* Forwarding::find_session(std::uint32_t local_index) const {
  const auto at = std::ranges::lower_bound(sessions, local_index, {}, index_of);
  return at != sessions.end() && index_of(*at) == local_index ? &*at : nullptr;
}

const CircuitEntry* Forwarding::find_circuit(tunnel::CircuitNumber number,
                                             const Endpoint& from) const {
  const std::pair name{number, from};
  const auto at = std::ranges::lower_bound(circuits, name, {}, name_of);
  return at != circuits.end() && name_of(*at) == name ? &*at : nullptr;
}

}  // namespace lanyard::node
