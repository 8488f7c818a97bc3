// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/dht/geography.h"

#include <algorithm>
#include <cstdlib>

namespace lanyard::sim {
namespace {

constexpr std::size_t kNodesPerSubnet = 4;
constexpr std::uint64_t kWorldMilliseconds = 100;  // half a turn around the earth in glass fibre
constexpr std::uint16_t kFirstPort = 1024;         // those below are the system's own

// Unicast that routers of the internet carry: not 0/8, 10/8, 127/8, and not the /16s that hold the
// other private and link-local ranges.
bool is_routed(std::uint32_t address) {
  const std::uint32_t first = address >> 24;
  const std::uint32_t second = address >> 16 & 0xff;
  if (first == 0 || first == 10 || first == 127 || first >= 224) return false;
  const bool is_shared = first == 100 && second >= 64 && second < 128;
  const bool is_private = (first == 172 && second >= 16 && second < 32) ||
                          (first == 192 && second == 168) || (first == 169 && second == 254);
  return !is_shared && !is_private;
}

}  // namespace

IpAddress Geography::take_subnet() {
  while (true) {
    const auto address = static_cast<std::uint32_t>(rng_.below(std::uint64_t{1} << 24) << 8);
    const IpAddress subnet = IpAddress::from_v4(address);
    if (is_routed(address) && taken_.insert(subnet).second) return subnet;
  }
}

Endpoint Geography::deal() {
  if (free_hosts_.empty()) {
    subnet_ = take_subnet();
    while (free_hosts_.size() < kNodesPerSubnet) {
      const auto host = static_cast<std::uint8_t>(1 + rng_.below(254));
      const bool is_new = std::count(free_hosts_.begin(), free_hosts_.end(), host) == 0;
      if (is_new) free_hosts_.push_back(host);
    }
  }
  const auto port = static_cast<std::uint16_t>(kFirstPort + rng_.below(65536 - kFirstPort));
  const Endpoint out{IpAddress::from_v4(subnet_.v4_host_order() | free_hosts_.back()), port};
  free_hosts_.pop_back();
  return out;
}

void Geography::settle(const Endpoint& endpoint) {
  Home home = found();
  home.endpoint = endpoint;
  homes_.push_back(home);
}

Geography::Home Geography::found() {
  Home out;
  out.x = static_cast<std::int32_t>(rng_.below(kWorldMilliseconds));
  out.y = static_cast<std::int32_t>(rng_.below(kWorldMilliseconds));
  // Fibre to mobile.
  out.access_line = milliseconds(1 + static_cast<std::int64_t>(rng_.below(20)));
  return out;
}

Duration Geography::latency(Number from, Number to) const {
  const Home& a = homes_[from];
  const Home& b = homes_[to];
  // By streets: integers alone, the same on every compiler.
  const std::int64_t way = (std::abs(a.x - b.x) + std::abs(a.y - b.y)) / 2;
  return a.access_line + b.access_line + milliseconds(way);
}

}  // namespace lanyard::sim
