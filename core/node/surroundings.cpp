// SPDX-License-Identifier: Apache-2.0
// Surroundings (turn.h): which endpoints are worth trying and which are ours, seen from outside.
#include <algorithm>

#include "core/node/turn.h"

namespace lanyard::node {

bool Surroundings::is_candidate(const Endpoint& endpoint) const {
  if (!endpoint.is_usable()) return false;
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

bool Surroundings::learn_outside(const Endpoint& endpoint) {
  if (!endpoint.is_usable() || endpoint.address.is_loopback() || endpoint.address.is_link_local() ||
      !is_candidate(endpoint)) {
    return false;
  }
  const auto known = std::find(outside.begin(), outside.end(), endpoint);
  if (known != outside.end()) return false;
  outside.insert(outside.begin(), endpoint);
  if (outside.size() > kMaxOutside) outside.resize(kMaxOutside);
  return true;
}

std::vector<Endpoint> Surroundings::own_endpoints() const {
  std::vector<Endpoint> out;
  for (const LocalAddress& local : underlay.addresses) {
    const IpAddress& address = local.prefix.address;
    if (address.is_loopback() || address.is_link_local() || address.is_unspecified()) continue;
    out.push_back({address, port});
  }
  out.insert(out.end(), outside.begin(), outside.end());
  return out;
}

}  // namespace lanyard::node
