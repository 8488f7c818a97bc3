// SPDX-License-Identifier: Apache-2.0
// Surroundings (turn.h): which endpoints are worth trying and which are ours, seen from outside.
#include <algorithm>

#include "core/node/turn.h"
#include "core/tunnel/relayed.h"

namespace lanyard::node {

namespace {

// An address that nobody has confirmed for so long may be replaced: pings come every 20 s.
constexpr Duration kOutsideLife = minutes(2);

}  // namespace

bool Surroundings::is_candidate(const Endpoint& endpoint) const {
  // A link-local IPv6 address means nothing without the interface that it is on.
  const bool needs_zone = !endpoint.address.is_v4() && endpoint.address.is_link_local();
  if (!endpoint.is_usable() || needs_zone || tunnel::is_relayed(endpoint)) return false;
  for (const IpPrefix& overlay : overlays) {
    if (overlay.contains(endpoint.address)) return false;
  }
  if (endpoint.port != port) return true;
  return std::none_of(
      underlay.addresses.begin(), underlay.addresses.end(),
      [&](const LocalAddress& local) { return local.prefix.address == endpoint.address; });
}

bool Surroundings::is_on_link(const IpAddress& address) const {
  return std::any_of(underlay.addresses.begin(), underlay.addresses.end(),
                     [&](const LocalAddress& local) { return local.prefix.contains(address); });
}

bool Surroundings::learn_outside(Instant now, const Endpoint& endpoint) {
  if (endpoint.address.is_loopback() || endpoint.address.is_link_local() ||
      !is_candidate(endpoint)) {
    return false;
  }
  const auto known = std::find_if(outside.begin(), outside.end(),
                                  [&](const Seen& seen) { return seen.endpoint == endpoint; });
  if (known != outside.end()) {
    known->confirmed = now;
    return false;
  }
  if (outside.size() == kMaxOutside) {
    const auto oldest =
        std::min_element(outside.begin(), outside.end(),
                         [](const Seen& a, const Seen& b) { return a.confirmed < b.confirmed; });
    if (now - oldest->confirmed < kOutsideLife) return false;
    outside.erase(oldest);
  }
  outside.insert(outside.begin(), {endpoint, now});
  return true;
}

std::vector<Endpoint> Surroundings::own_endpoints() const {
  std::vector<Endpoint> out;
  if (mapped) out.push_back(*mapped);
  for (const Seen& seen : outside) {
    if (seen.endpoint != mapped) out.push_back(seen.endpoint);
  }
  for (const LocalAddress& local : underlay.addresses) {
    const IpAddress& address = local.prefix.address;
    if (address.is_loopback() || address.is_link_local() || address.is_unspecified()) continue;
    out.push_back({address, port});
  }
  return out;
}

}  // namespace lanyard::node
