// SPDX-License-Identifier: Apache-2.0
// The network's TAP device: which addresses and MTU it has, and what it means when it fails.
#include <algorithm>

#include "core/node/local_network.h"

namespace lanyard::node {

namespace {

constexpr std::uint32_t kMaxDeviceMtu = 65'000;  // one datagram holds it with all overhead

}  // namespace

std::uint32_t LocalNetwork::device_mtu(const Turn& turn) const {
  const std::uint32_t underlay = turn.surroundings.underlay.mtu;
  const std::uint32_t room = underlay > kUnderlayOverhead ? underlay - kUnderlayOverhead : 0;
  return std::clamp(preferences_.mtu.value_or(room), kMinDeviceMtu, kMaxDeviceMtu);
}

std::vector<IpPrefix> LocalNetwork::own_addresses() const {
  std::vector<IpPrefix> out;
  const network::Member* own = self();
  if (own == nullptr) return out;
  if (own->ipv4) out.push_back({*own->ipv4, subnet().length});
  out.push_back({own->ipv6, network::kUlaPrefixBits});
  return out;
}

void LocalNetwork::configure_device(Turn& turn) {
  const network::Member* own = self();
  if (own == nullptr) return;
  const std::uint32_t mtu = device_mtu(turn);
  std::vector<IpPrefix> addresses = own_addresses();
  const bool is_current = device_ == Device::open || device_ == Device::opening;
  if (is_current && mtu == mtu_ && addresses == configured_) return;
  mtu_ = mtu;
  configured_ = addresses;
  if (device_ != Device::open) device_ = Device::opening;
  turn.out.devices.push_back({.device = handles_.device,
                              .wanted_name = preferences_.interface,
                              .mac = own->mac,
                              .mtu = mtu,
                              .addresses = std::move(addresses)});
  turn.forwarding_changed = true;
}

void LocalNetwork::handle_device(Turn& turn, const Result<std::string>& name) {
  if (!is_wanted_up()) return;
  if (!name) {
    device_ = Device::failed;
    trouble_ = name.error().message;
    log(turn.log_sink, LogLevel::warning, this->name(), ": no device: ", trouble_);
    return;
  }
  device_ = Device::open;
  if (self() != nullptr) trouble_.clear();
  device_name_ = *name;
  turn.forwarding_changed = true;
}

}  // namespace lanyard::node
