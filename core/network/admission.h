// SPDX-License-Identifier: Apache-2.0
// Who comes first when an invite is claimed more often than it allows. A function of the claims
// alone: neither the order in which they are given nor the time of asking matters.
#pragma once

#include <cstdint>
#include <vector>

#include "core/base/time.h"
#include "core/network/identifiers.h"

namespace lanyard::network {

// Longer than members are usually apart, shorter than it takes to notice that one was ousted.
inline constexpr std::int64_t kFinalAfterSeconds = 24 * 3600;

struct ClaimInLine {
  MemberId member;
  UnixTime witnessed;
  UnixTime first_seen;     // here
  std::uint32_t uses = 1;  // of this claim's own grant
};

// The claims for one invite in their order: by witness time and member id, but one that was first
// seen here over a day after another that was in force goes behind that one. The claim at index i
// is in force if i < uses.
std::vector<ClaimInLine> line_up(std::vector<ClaimInLine> claims);

}  // namespace lanyard::network
