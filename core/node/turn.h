// SPDX-License-Identifier: Apache-2.0
// Turn: what a part of the node may use while one input is handled. It is built for each input,
// borrowed down the calls, and gone when the input is done.
#pragma once

#include <optional>
#include <set>
#include <vector>

#include "core/base/log.h"
#include "core/base/rng.h"
#include "core/base/time.h"
#include "core/dht/dht.h"
#include "core/node/node.h"
#include "core/node/outbox.h"
#include "core/node/relay_desk.h"
#include "core/tunnel/handshakes.h"

namespace lanyard::node {

// The node's place in the underlay.
struct Surroundings {
  std::uint16_t port = 0;
  Underlay underlay;
  // Our own addresses as others see them, newest first, at most kMaxOutside.
  struct Seen {
    Endpoint endpoint;
    Instant confirmed;
  };
  std::vector<Seen> outside;
  // What the router in front of us forwards to our port, as it says itself.
  std::optional<Endpoint> mapped;
  // Subnets of our own networks: an address in there is never an address of the underlay.
  std::vector<IpPrefix> overlays;

  static constexpr std::size_t kMaxOutside = 3;

  // Worth sending to: a usable unicast address, neither in one of our overlays nor our own port.
  bool is_candidate(const Endpoint& endpoint) const;
  // On a network that one of our interfaces is on.
  bool is_on_link(const IpAddress& address) const;
  // A place where somebody trustworthy saw us. True when that is news; behind a NAT that gives us a
  // port for each peer only the first few are.
  bool learn_outside(Instant now, const Endpoint& endpoint);
  // Where others may reach us: what the router forwards, outside addresses, then local ones that
  // are not link-local.
  std::vector<Endpoint> own_endpoints() const;
};

struct Turn {
  Instant now;
  UnixTime wall;
  const Settings& settings;
  Rng& rng;
  LogSink& log_sink;
  Surroundings& surroundings;
  tunnel::Handshakes& handshakes;
  dht::Dht& dht;
  dht::Events& dht_events;
  RelayDesk& relay_desk;
  Outbox& out;

  // Set by parts, acted upon when the input is done.
  bool forwarding_changed = false;
  bool surroundings_changed = false;
};

}  // namespace lanyard::node
