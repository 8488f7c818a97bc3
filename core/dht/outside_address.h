// SPDX-License-Identifier: Apache-2.0
// What the nodes that answer say of the address and port that our queries come from (the `ip` of
// BEP 42). Each has one vote; no single one is believed.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "core/base/endpoint.h"

namespace lanyard::dht {

// How the NAT before us chooses outside ports (RFC 4787 section 4.1), judged by the ports that
// several nodes saw. No NAT counts as endpoint-independent.
enum class MappingKind : std::uint8_t { unknown, endpoint_independent, address_dependent };

class OutsideAddressVotes {
 public:
  // True: the elected endpoint has changed.
  bool vote(const IpAddress& voter, const Endpoint& seen);
  void clear() { *this = OutsideAddressVotes(); }

  // The address that most of the last voters saw, if at least two agree, and its commonest port.
  const std::optional<Endpoint>& elected() const { return elected_; }
  MappingKind mapping() const { return mapping_; }

 private:
  struct Vote {
    IpAddress voter;
    Endpoint seen;
  };

  std::optional<IpAddress> elect_address() const;
  void count();

  std::vector<Vote> votes_;  // the newest last
  std::optional<Endpoint> elected_;
  MappingKind mapping_ = MappingKind::unknown;
};

}  // namespace lanyard::dht
