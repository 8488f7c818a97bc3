// SPDX-License-Identifier: Apache-2.0
#include "core/node/netcheck.h"

#include <string>

#include "core/control/findings.h"

namespace lanyard::node {

namespace {

using control::Finding;
using control::make_check;

// A DHT is entered within seconds; names of its first nodes may take a while to be looked up.
constexpr Duration kDhtEntry = minutes(1);

std::string_view mapping_text(dht::MappingKind kind) {
  switch (kind) {
    case dht::MappingKind::endpoint_independent: return "one-port";
    case dht::MappingKind::address_dependent: return "port-per-destination";
    case dht::MappingKind::unknown: break;
  }
  return "unknown";
}

std::optional<control::DhtFamilyStatus> family_status(const dht::Dht& dht,
                                                      Instant now,
                                                      IpFamily family) {
  const auto status = dht.status(now, family);
  if (!status) return std::nullopt;
  control::DhtFamilyStatus out;
  out.id = to_hex(status->own_id.bytes);
  out.nodes = static_cast<std::uint32_t>(status->nodes);
  out.answered_lately = static_cast<std::uint32_t>(status->answered_lately);
  if (status->outside) out.outside = status->outside->to_string();
  out.mapping = mapping_text(status->mapping);
  out.read_only = status->reachability == dht::Reachability::read_only;
  return out;
}

bool is_open(const std::optional<control::DhtFamilyStatus>& family) {
  return family && !family->read_only;
}

bool has_mapping(const control::DhtStatus& dht, std::string_view mapping) {
  return (dht.ipv4 && dht.ipv4->mapping == mapping) || (dht.ipv6 && dht.ipv6->mapping == mapping);
}

}  // namespace

control::DhtStatus dht_status(const dht::Dht& dht, Instant now, std::string_view mode) {
  control::DhtStatus out;
  out.mode = mode;
  out.ipv4 = family_status(dht, now, IpFamily::v4);
  out.ipv6 = family_status(dht, now, IpFamily::v6);
  for (const auto& family : {out.ipv4, out.ipv6}) {
    if (!family) continue;
    out.nodes += family->nodes;
    out.answered_lately += family->answered_lately;
  }
  const dht::Counters& counters = dht.counters();
  out.traffic = {.datagrams_received = counters.datagrams_received,
                 .bytes_received = counters.bytes_received,
                 .datagrams_sent = counters.datagrams_sent,
                 .bytes_sent = counters.bytes_sent,
                 .queries_received = counters.queries_received,
                 .queries_sent = counters.queries_sent,
                 .answers_received = counters.answers_received,
                 .answers_sent = counters.answers_sent};
  return out;
}

control::Check check_dht(const control::DhtStatus& dht, Duration uptime) {
  if (dht.mode == "off") return make_check(Finding::dht_off);
  if (dht.nodes > 0) {
    return make_check(Finding::dht_connected,
                      {std::to_string(dht.nodes) + (dht.nodes == 1 ? " node" : " nodes")});
  }
  // The first node of a private DHT knows nobody to ask.
  if (dht.mode == "private" && dht.traffic.datagrams_sent == 0) {
    return make_check(Finding::dht_alone);
  }
  return make_check(uptime < kDhtEntry ? Finding::dht_starting : Finding::dht_unreachable);
}

control::Check check_nat(const control::Netcheck& netcheck) {
  const control::DhtStatus& dht = netcheck.dht;
  if (netcheck.nat == "none") return make_check(Finding::nat_none);
  const control::PortMappingStatus& mapping = netcheck.port_mapping;
  if (mapping.outside && mapping.problem.empty()) {
    return make_check(Finding::nat_mapped, {*mapping.outside});
  }
  if (is_open(dht.ipv4) || is_open(dht.ipv6)) return make_check(Finding::nat_open);
  if (has_mapping(dht, "one-port")) return make_check(Finding::nat_one_port);
  if (has_mapping(dht, "port-per-destination")) {
    return make_check(Finding::nat_port_per_destination, {std::to_string(netcheck.udp.port)});
  }
  return make_check(Finding::nat_unknown);
}

}  // namespace lanyard::node
