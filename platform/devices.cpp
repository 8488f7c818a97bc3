// SPDX-License-Identifier: Apache-2.0
#include "platform/devices.h"

#include <algorithm>
#include <utility>

#include "core/node/sealed_run.h"
#include "core/tunnel/wire.h"
#include "core/vswitch/ethernet.h"

namespace lanyard::platform {
namespace {

// What there is without us (GSO_LEGACY_MAX_SIZE).
constexpr std::uint32_t kKernelLimit = 65'536;

// From the limit the kernel takes its own headers and one byte before it counts TCP's payload
// (MAX_TCP_HEADER + 1): 193 to 321 bytes, depending on how it is built.
constexpr std::size_t kKernelHeaders = 321;

// IPv4, TCP and the timestamps that its segments have by default. With IPv6 they are 20 bytes
// longer and the segments smaller, but not by so much that one more would fit.
constexpr std::size_t kInnerHeaders = 20 + 20 + 12;

// None of one that somebody else has deleted.
std::uint64_t lost_frames(Netlink& netlink, const TapDevice& device) {
  const auto lost = netlink.lost_frames(device.index);
  return lost ? *lost : 0;
}

}  // namespace

std::uint32_t super_frame_limit(std::uint32_t device_mtu) {
  // What a datagram adds to a packet: data header, kind of body, the frame's own header, tag.
  constexpr std::size_t kOverhead = tunnel::kMinDataSize + vswitch::kEthernetHeaderSize;
  const std::size_t segments = std::clamp<std::size_t>(
      node::SealedRun::kMaxBytes / (device_mtu + kOverhead), 1, node::SealedRun::kMaxDatagrams);
  const std::size_t payload = std::max<std::size_t>(device_mtu, 2 * kInnerHeaders) - kInnerHeaders;
  const std::size_t limit = segments * payload + kKernelHeaders;
  return static_cast<std::uint32_t>(std::min<std::size_t>(limit, kKernelLimit));
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
  auto tap = open_tap_device(wanted.wanted_name, {workers_.size() * kQueuesPerWorker, offloads_});
  if (!tap) return tap.error();
  const auto marked = netlink_.mark_as_ours(tap->index);
  if (!marked) return marked.error();
  // Before it is up: members must not hand us routes by router advertisements.
  ignore_router_advertisements(*tap);
  workers_.add_device(wanted.device, tap->queues, tap->offloads);
  open_.emplace(wanted.device, OpenDevice{.tap = std::move(*tap)});
  return {};
}

Result<void> Devices::adjust(OpenDevice& device, const node::DeviceConfiguration& wanted) {
  const std::uint32_t index = device.tap.index;
  if (device.mac != wanted.mac || device.mtu != wanted.mtu) {
    const auto set = netlink_.set_link(index, wanted.mac, wanted.mtu);
    if (!set) return set.error();
    device.mac = wanted.mac;
    device.mtu = wanted.mtu;
    limit_super_frames(device);
  }
  const auto up = netlink_.set_up(index);
  if (!up) return up.error();
  return netlink_.set_addresses(index, wanted.addresses);
}

void Devices::handle_network_change() {
  for (auto& [id, device] : open_) limit_super_frames(device);
}

// A super-frame that is not limited fills one run and begins a second: a little slower. Without
// knowing, or being allowed to, that is what happens; but one that comes from elsewhere and is
// above the limit would be cut by the kernel and cost several times as much.
void Devices::limit_super_frames(OpenDevice& device) {
  if (!device.tap.offloads.has(Offload::tso)) return;
  const auto foreign = netlink_.has_foreign_frames(device.tap.index);
  if (!foreign) return;
  device.has_foreign_frames = device.has_foreign_frames || *foreign;
  const std::uint32_t limit =
      device.has_foreign_frames ? kKernelLimit : super_frame_limit(device.mtu);
  if (limit == device.limit) return;
  if (netlink_.set_gso_size(device.tap.index, limit)) device.limit = limit;
}

std::map<node::DeviceId, Offloads> Devices::offloads() const {
  std::map<node::DeviceId, Offloads> out;
  for (const auto& [id, device] : open_) out.emplace(id, device.tap.offloads);
  return out;
}

std::uint64_t Devices::queue_drops() const {
  std::uint64_t out = queue_drops_of_closed_;
  for (const auto& [id, device] : open_) {
    out += lost_frames(netlink_, device.tap);
  }
  return out;
}

Steering Devices::steering() const {
  for (const auto& [id, device] : open_) {
    if (device.tap.steering == Steering::by_kernel) return Steering::by_kernel;
  }
  return Steering::by_flow;
}

void Devices::close(node::DeviceId device) {
  const auto found = open_.find(device);
  if (found == open_.end()) return;
  queue_drops_of_closed_ += lost_frames(netlink_, found->second.tap);
  // First the workers' shares of the descriptors, so that ours are the last.
  workers_.remove_device(device);
  open_.erase(found);
}

}  // namespace lanyard::platform
