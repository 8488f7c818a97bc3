// SPDX-License-Identifier: Apache-2.0
// What a node allows itself to send, both families together: its own queries, so that it is no
// burden to others, to the NAT before it and to the line; and its answers, so that nobody makes it
// one for others.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>

#include "core/base/endpoint.h"
#include "core/base/time.h"
#include "core/dht/counters.h"
#include "core/dht/rate_limit.h"
#include "core/dht/settings.h"

namespace lanyard::dht {

// Queries: altogether, to each address, and how many addresses are new within some minutes. Who
// keeps silent is asked ever more seldom.
class QueryBudget {
 public:
  explicit QueryBudget(const Limits& limits);

  // When a query to this address is within all limits; long past if at once.
  Instant allowed_at(const IpAddress& to) const;
  void spend(Instant now, const IpAddress& to);

  // Something else than a query was sent there, so that a NAT lets it in.
  void note_contact(Instant now, const IpAddress& to);
  void note_answer(const IpAddress& from);
  void note_silence(Instant now, const IpAddress& to);
  // Three queries in a row were not answered, the last one lately.
  bool is_given_up(Instant now, const IpAddress& to) const;
  // Or sent to. Within the last minutes: as long as a NAT may let its answers in.
  bool has_asked(const IpAddress& address) const { return destinations_.contains(address); }

 private:
  struct Destination {
    RateLimit rate;
    Instant asked_at;
    Instant given_up_until = Instant::long_ago();
    std::uint8_t silences = 0;
  };

  void forget_old(Instant now);

  Rate total_rate_;
  Rate address_rate_;
  Rate new_rate_;
  Duration window_;
  RateLimit total_;
  RateLimit new_destinations_;
  std::map<IpAddress, Destination> destinations_;
  std::size_t forget_at_size_;
};

// Answers: in bytes altogether, in number to each address.
class AnswerBudget {
 public:
  explicit AnswerBudget(const Limits& limits);

  // Why a query from there gets no answer now.
  std::optional<Drop> refusal(Instant now, const IpAddress& from) const;
  void spend(Instant now, const IpAddress& to, std::size_t bytes);

 private:
  Rate total_rate_;
  RateLimit total_;
  AddressLimits per_address_;
};

}  // namespace lanyard::dht
