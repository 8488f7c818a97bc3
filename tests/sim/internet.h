// SPDX-License-Identifier: Apache-2.0
// The simulated underlay: a public internet and sites on it. A public site is one host with an
// address of its own; a home is a LAN with private addresses behind a NAT that maps
// endpoint-independently and filters by address and port (RFC 4787: EIM, APDF), does not hairpin,
// and forgets a mapping after two minutes; a home with a stubborn NAT is the same but for a port of
// its own for each destination (APDM). Packets are lost, delayed, overtaken and duplicated by
// the weather, out of the generator given; who delivers them is the World.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "core/base/rng.h"
#include "tests/sim/event_queue.h"

namespace lanyard::sim {

// What packets suffer on the public internet. Probabilities are per million.
struct Weather {
  std::uint32_t loss = 0;
  std::uint32_t duplication = 0;
  Duration latency = milliseconds(20);
  Duration jitter = milliseconds(0);  // added, uniform: packets overtake each other
};

// Where an arrival gets to.
struct Admission {
  HostId host = 0;
  std::uint16_t port = 0;
};

class Internet {
 public:
  explicit Internet(Rng& rng) : rng_(rng) {}

  void set_weather(const Weather& weather) { weather_ = weather; }

  // A LAN 192.168.1.0/24 behind a NAT whose outside address is in a /24 of its own in 20.0.0.0/8.
  SiteId add_home();
  SiteId add_stubborn_home() { return add_site(Site::Kind::stubborn_home); }
  // The router is replaced by one that maps endpoint-independently; what it knew is forgotten.
  void make_open_minded(SiteId site);
  // One public host, also in a /24 of its own.
  SiteId add_public_site();

  // Gives the host the next free address of the site and takes it from where it was.
  IpPrefix attach(HostId host, SiteId site);
  IpAddress address_of(HostId host) const { return locations_.at(host).address; }
  SiteId site_of(HostId host) const { return locations_.at(host).site; }
  IpAddress outside_address(SiteId site) const { return sites_[site].outside; }

  // Sites of different islands do not hear each other; all start on island 0.
  void put_on_island(SiteId site, std::uint32_t island) { sites_[site].island = island; }

  // Nothing gets from one to the other any more, nor back, or it does again.
  enum class Wire : std::uint8_t { cut, mended };
  void set_wire(SiteId a, SiteId b, Wire wire);

  // DHT messages between the two are never sent, as if neither was told of the other by a DHT of
  // millions: in one of four nodes, everybody pings everybody, and that alone opens every NAT.
  void make_dht_strangers(SiteId a, SiteId b);

  // From now on every node of the DHT lies about who has announced himself: in its answers stand
  // addresses in 203.0.113.0/24, where nobody is.
  void poison_peers() { peers_are_poisoned_ = true; }
  // Handshake messages that were sent there.
  std::uint64_t wasted_probes() const { return wasted_probes_; }

  // Queues the arrivals of one datagram from the host's port: none, one or two.
  void send(Instant now,
            HostId from,
            std::uint16_t from_port,
            const Datagram& datagram,
            EventQueue& queue);
  // Queues one multicast beacon's arrivals at all other hosts of the site.
  void send_beacon(Instant now, HostId from, const Buffer& payload, EventQueue& queue);
  // The host that an arrival gets to, after the NAT there had its say.
  std::optional<Admission> admit(Instant now, const Arrival& arrival);

  // Every NAT of the site forgets its mappings, as a router does that restarts.
  void reboot_router(SiteId site) { sites_[site].mappings.clear(); }

 private:
  struct Mapping {
    Endpoint inside;
    std::optional<Endpoint> only;  // a stubborn NAT's: for this destination
    std::set<Endpoint> contacted;
    Instant expires;
  };
  struct Site {
    enum class Kind : std::uint8_t { public_host, home, stubborn_home } kind = Kind::home;
    IpAddress outside;
    std::uint32_t island = 0;
    std::uint32_t addresses_given = 0;
    std::map<std::uint16_t, Mapping> mappings;  // by outside port
    std::map<IpAddress, HostId> residents;
  };
  struct Location {
    SiteId site = 0;
    IpAddress address;
  };

  SiteId add_site(Site::Kind kind);
  bool are_dht_strangers(SiteId a, SiteId b) const;
  bool lost() { return rng_.below(1'000'000) < weather_.loss; }
  Duration delay();
  void poison(Buffer& krpc);
  Endpoint translate(Instant now, Site& site, const Endpoint& inside, const Endpoint& to);

  Rng& rng_;
  Weather weather_;
  std::vector<Site> sites_;
  std::map<IpAddress, SiteId> by_outside_;
  std::map<HostId, Location> locations_;
  std::set<std::pair<SiteId, SiteId>> dht_strangers_;  // lower site first
  bool peers_are_poisoned_ = false;
  std::uint64_t wasted_probes_ = 0;
  std::set<std::pair<SiteId, SiteId>> cut_;  // lower site first
};

}  // namespace lanyard::sim
