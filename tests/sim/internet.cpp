// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/internet.h"

#include <algorithm>
#include <cassert>
#include <string_view>
#include <utility>

#include "core/base/datagram.h"

namespace lanyard::sim {
namespace {

// One hop of Ethernet.
constexpr Duration kLanLatency = microseconds(200);
// RFC 4787 REQ-5: a UDP mapping lives at least two minutes.
constexpr Duration kMappingLife = seconds(120);
// Real traffic of hosts behind a NAT leaves from ports above the system's own.
constexpr std::uint16_t kFirstOutsidePort = 1024;

// The first byte of a handshake's first message (protocol, section 1).
constexpr std::uint8_t kHandshake1 = 0xe0;

const IpPrefix kNowhere = {IpAddress::from_v4(0xcb007100), 24};  // RFC 5737
const IpAddress kHomeNetwork = IpAddress::from_v4(0xc0a80100);   // 192.168.1.0

}  // namespace

SiteId Internet::add_site(Site::Kind kind) {
  const auto id = static_cast<SiteId>(sites_.size());
  assert(id < 65536);
  Site site;
  site.kind = kind;
  // 20.x.y.2: one /24 a site, as DHT nodes want it of each other.
  site.outside = IpAddress::from_v4(0x14000002 | id << 8);
  by_outside_[site.outside] = id;
  sites_.push_back(std::move(site));
  return id;
}

SiteId Internet::add_home() { return add_site(Site::Kind::home); }
SiteId Internet::add_public_site() { return add_site(Site::Kind::public_host); }

IpPrefix Internet::attach(HostId host, SiteId id) {
  Site& site = sites_[id];
  Location location{id, site.outside};
  if (site.kind != Site::Kind::public_host) {
    assert(site.addresses_given < 200);
    // .1 is the router.
    location.address = IpAddress::from_v4(kHomeNetwork.v4_host_order() + 10 + site.addresses_given);
  } else {
    assert(site.residents.empty());
  }
  site.addresses_given++;
  const auto before = locations_.find(host);
  if (before != locations_.end()) {
    sites_[before->second.site].residents.erase(before->second.address);
  }
  site.residents[location.address] = host;
  locations_[host] = location;
  return {location.address, 24};
}

Duration Internet::delay() {
  if (weather_.jitter == Duration{}) return weather_.latency;
  return weather_.latency + nanoseconds(static_cast<std::int64_t>(rng_.below(
                                static_cast<std::uint64_t>(weather_.jitter.nanoseconds))));
}

// The peers of an answer stand in a list of strings of six bytes (BEP 5).
void Internet::poison(Buffer& krpc) {
  constexpr std::string_view kList = "6:valuesl";
  constexpr std::string_view kPeer = "6:";
  std::size_t at = as_text(krpc).find(kList);
  if (krpc.empty() || krpc[0] != 'd' || at == std::string_view::npos) return;
  at += kList.size();
  while (as_text(krpc).substr(at).starts_with(kPeer)) {
    const std::uint32_t host = 1 + static_cast<std::uint32_t>(rng_.below(254));
    const Buffer junk = Endpoint{IpAddress::from_v4(kNowhere.address.v4_host_order() + host),
                                 static_cast<std::uint16_t>(1024 + rng_.below(60'000))}
                            .compact();
    at += kPeer.size();
    std::copy(junk.begin(), junk.end(), krpc.begin() + static_cast<std::ptrdiff_t>(at));
    at += junk.size();
  }
}

// The endpoint that the outside sees, with `to` allowed to answer from now on.
Endpoint Internet::translate(Instant now, Site& site, const Endpoint& inside, const Endpoint& to) {
  for (auto& [port, mapping] : site.mappings) {
    if (mapping.inside != inside || (mapping.only && *mapping.only != to)) continue;
    if (mapping.expires <= now) mapping.contacted.clear();
    mapping.expires = now + kMappingLife;
    mapping.contacted.insert(to);
    return {site.outside, port};
  }
  std::erase_if(site.mappings, [&](const auto& entry) { return entry.second.expires <= now; });
  // A stubborn NAT keeps no port.
  std::uint16_t port = site.kind == Site::Kind::stubborn_home ? 0 : inside.port;
  while (port < kFirstOutsidePort || site.mappings.contains(port)) {
    port = static_cast<std::uint16_t>(rng_.below(65536));
  }
  const bool is_stubborn = site.kind == Site::Kind::stubborn_home;
  site.mappings[port] = {
      inside, is_stubborn ? std::optional(to) : std::nullopt, {to}, now + kMappingLife};
  return {site.outside, port};
}

void Internet::make_open_minded(SiteId site) {
  sites_[site].kind = Site::Kind::home;
  sites_[site].mappings.clear();
}

void Internet::set_wire(SiteId a, SiteId b, Wire wire) {
  if (wire == Wire::cut) {
    cut_.insert(std::minmax(a, b));
  } else {
    cut_.erase(std::minmax(a, b));
  }
}

void Internet::make_dht_strangers(SiteId a, SiteId b) { dht_strangers_.insert(std::minmax(a, b)); }

bool Internet::are_dht_strangers(SiteId a, SiteId b) const {
  return dht_strangers_.contains(std::minmax(a, b));
}

void Internet::send(Instant now,
                    HostId from,
                    std::uint16_t from_port,
                    const Datagram& datagram,
                    EventQueue& queue) {
  const Location& location = locations_.at(from);
  Site& site = sites_[location.site];
  const Endpoint inside{location.address, from_port};
  if (!datagram.to.is_usable() || !datagram.to.address.is_v4()) return;
  if (site.kind != Site::Kind::public_host && datagram.to.address.is_private()) {
    const auto resident = site.residents.find(datagram.to.address);
    if (resident == site.residents.end() || resident->second == from) return;
    queue.push(now + kLanLatency,
               LocalArrival{resident->second, inside, datagram.to.port, datagram.payload});
    return;
  }
  const auto destination = by_outside_.find(datagram.to.address);
  // Theirs begin with "d" and nothing else does (protocol, section 1). One that was never sent
  // opens no NAT.
  if (destination != by_outside_.end() && !datagram.payload.empty() && datagram.payload[0] == 'd' &&
      are_dht_strangers(location.site, destination->second)) {
    return;
  }
  const Endpoint outside =
      site.kind != Site::Kind::public_host ? translate(now, site, inside, datagram.to) : inside;
  if (destination == by_outside_.end()) {
    const bool is_wasted =
        kNowhere.contains(datagram.to.address) && datagram.payload[0] == kHandshake1;
    wasted_probes_ += is_wasted ? 1 : 0;
    return;
  }
  // No hairpin: a home does not reach itself by its outside address.
  if (destination->second == location.site) return;
  if (sites_[destination->second].island != site.island) return;
  if (cut_.contains(std::minmax(location.site, destination->second))) return;
  const int copies = rng_.below(1'000'000) < weather_.duplication ? 2 : 1;
  for (int i = 0; i < copies; ++i) {
    if (lost()) continue;
    Arrival arrival{outside, datagram.to, datagram.payload};
    if (peers_are_poisoned_) poison(arrival.payload);
    queue.push(now + delay(), std::move(arrival));
  }
}

void Internet::send_beacon(Instant now, HostId from, const Buffer& payload, EventQueue& queue) {
  const Location& location = locations_.at(from);
  const Site& site = sites_[location.site];
  if (site.kind == Site::Kind::public_host) return;
  for (const auto& [address, host] : site.residents) {
    if (host == from) continue;
    queue.push(now + kLanLatency,
               LocalArrival{host, {location.address, kBeaconPort}, kBeaconPort, payload});
  }
}

std::optional<Admission> Internet::admit(Instant now, const Arrival& arrival) {
  const auto found = by_outside_.find(arrival.to.address);
  if (found == by_outside_.end()) return std::nullopt;
  Site& site = sites_[found->second];
  Endpoint inside = arrival.to;
  if (site.kind != Site::Kind::public_host) {
    const auto mapping = site.mappings.find(arrival.to.port);
    if (mapping == site.mappings.end() || mapping->second.expires <= now) return std::nullopt;
    if (!mapping->second.contacted.contains(arrival.from)) return std::nullopt;
    inside = mapping->second.inside;
  }
  const auto resident = site.residents.find(inside.address);
  if (resident == site.residents.end()) return std::nullopt;
  return Admission{resident->second, inside.port};
}

}  // namespace lanyard::sim
