// SPDX-License-Identifier: Apache-2.0
// What the nodes that answer say of the address and port that our queries come from (the `ip` of
// BEP 42). Each has one vote, in the public DHT each subnet; no single one is believed.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "core/base/endpoint.h"
#include "core/dht/settings.h"

namespace lanyard::dht {

// How the NAT before us chooses outside ports (RFC 4787 section 4.1), judged by the ports that
// several nodes saw. No NAT counts as endpoint-independent.
enum class MappingKind : std::uint8_t { unknown, endpoint_independent, address_dependent };

class OutsideAddressVotes {
 public:
  explicit OutsideAddressVotes(Mode mode) : mode_(mode) {}

  // True: the elected endpoint has changed.
  bool vote(const IpAddress& from, const Endpoint& seen);
  void clear() { *this = OutsideAddressVotes(mode_); }

  // The address that most of the last voters saw, if at least two agree, and its commonest port.
  const std::optional<Endpoint>& elected() const { return elected_; }
  // Three voters at least and most of the last ones agree: sure enough to move our id there.
  bool is_certain() const { return is_certain_; }
  MappingKind mapping() const { return mapping_; }

 private:
  struct Vote {
    IpAddress voter;  // of a subnet its first address
    Endpoint seen;
  };

  std::optional<IpAddress> elect_address() const;
  void count();

  Mode mode_;
  std::vector<Vote> votes_;  // the newest last
  std::optional<Endpoint> elected_;
  bool is_certain_ = false;
  MappingKind mapping_ = MappingKind::unknown;
};

}  // namespace lanyard::dht
