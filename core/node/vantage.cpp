// SPDX-License-Identifier: Apache-2.0
#include "core/node/vantage.h"

#include <algorithm>

namespace lanyard::node {

namespace {

using control::PathReason;
using Mapping = Vantage::Mapping;

// What members and the DHT tell of our address: the same address at several ports gives a NAT away
// that takes another one for each of them.
bool is_seen_at_several_ports(const Surroundings& surroundings) {
  const auto& outside = surroundings.outside;
  return std::any_of(outside.begin(), outside.end(), [&](const Surroundings::Seen& a) {
    return std::any_of(outside.begin(), outside.end(), [&](const Surroundings::Seen& b) {
      return a.endpoint.address == b.endpoint.address && a.endpoint.port != b.endpoint.port;
    });
  });
}

bool is_own(const Surroundings& surroundings, const Endpoint& seen) {
  const auto& locals = surroundings.underlay.addresses;
  return std::any_of(locals.begin(), locals.end(), [&](const LocalAddress& local) {
    return local.prefix.address == seen.address;
  });
}

Mapping mapping_of(const Surroundings& surroundings, const dht::FamilyStatus& dht) {
  if (dht.outside && is_own(surroundings, *dht.outside)) return Mapping::no_nat;
  if (is_seen_at_several_ports(surroundings)) return Mapping::port_per_destination;
  switch (dht.mapping) {
    case dht::MappingKind::endpoint_independent: return Mapping::one_port;
    case dht::MappingKind::address_dependent: return Mapping::port_per_destination;
    case dht::MappingKind::unknown: break;
  }
  return Mapping::unknown;
}

const char* text_of(Mapping mapping) {
  switch (mapping) {
    case Mapping::no_nat: return "none";
    case Mapping::one_port: return "one-port";
    case Mapping::port_per_destination: return "port-per-destination";
    case Mapping::unknown: break;
  }
  return "unknown";
}

}  // namespace

Vantage own_vantage(const Turn& turn) {
  Vantage out;
  for (const LocalAddress& local : turn.surroundings.underlay.addresses) {
    const IpAddress& address = local.prefix.address;
    if (address.is_loopback() || address.is_link_local()) continue;
    (address.is_v4() ? out.has_ipv4 : out.has_ipv6) = true;
  }
  const auto dht = turn.dht.status(turn.now, IpFamily::v4).value_or(dht::FamilyStatus{});
  out.mapping = mapping_of(turn.surroundings, dht);
  out.is_mapped = turn.surroundings.mapped.has_value();
  return out;
}

control::PathEnd to_path_end(const Vantage& vantage) {
  return {.mapping = text_of(vantage.mapping),
          .mapped = vantage.is_mapped,
          .ipv4 = vantage.has_ipv4,
          .ipv6 = vantage.has_ipv6};
}

PathReason why_not_direct(const Vantage& ours, const Vantage* theirs) {
  if (theirs == nullptr) {
    return ours.varies() ? PathReason::own_nat_varies : PathReason::direct_blocked;
  }
  const bool share_a_family =
      (ours.has_ipv4 && theirs->has_ipv4) || (ours.has_ipv6 && theirs->has_ipv6);
  if (!share_a_family) return PathReason::no_common_family;
  if (ours.varies() && theirs->varies()) return PathReason::both_nats_vary;
  if (ours.varies()) return PathReason::own_nat_varies;
  if (theirs->varies()) return PathReason::their_nat_varies;
  return PathReason::direct_blocked;
}

const char* only_family(const Vantage& vantage) {
  if (vantage.has_ipv4 == vantage.has_ipv6) return "";
  return vantage.has_ipv4 ? "IPv4" : "IPv6";
}

}  // namespace lanyard::node
