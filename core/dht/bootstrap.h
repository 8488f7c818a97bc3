// SPDX-License-Identifier: Apache-2.0
// Whom to ask for the way into the DHT, and when again: endpoints that the owner gave, and nodes
// remembered from the last run. Asks often at first, then ever more seldom while nobody answers.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "core/base/endpoint.h"
#include "core/base/rng.h"
#include "core/base/time.h"
#include "core/dht/routing_table.h"

namespace lanyard::dht {

class Bootstrap {
 public:
  explicit Bootstrap(IpFamily family) : family_(family) {}

  // Unusable and known endpoints and those of the other family are left out. True: some are new.
  bool add(std::span<const Endpoint> endpoints);
  bool knows(const IpAddress& address) const;
  void restore(std::span<const Contact> nodes);

  // Begins anew at once: at the start, for new endpoints, in a new underlay.
  void restart(Instant now);
  // Whom to ask now; sets when to ask again.
  std::vector<Endpoint> take_round(Instant now, const RoutingTable& table, Rng& rng);
  Instant next_round() const { return next_round_at_; }

 private:
  void schedule(Instant now, const RoutingTable& table, Rng& rng);

  IpFamily family_;
  std::vector<Endpoint> endpoints_;
  std::vector<Endpoint> restored_;
  std::size_t next_endpoint_ = 0;
  std::size_t next_restored_ = 0;
  Duration wait_;
  Instant next_round_at_ = Instant::never();
};

}  // namespace lanyard::dht
