// SPDX-License-Identifier: Apache-2.0
#include "core/network/admission.h"

#include <algorithm>
#include <tuple>

namespace lanyard::network {

namespace {

bool was_seen_earlier(const ClaimInLine& a, const ClaimInLine& b) {
  return std::tie(a.first_seen, a.witnessed, a.member) <
         std::tie(b.first_seen, b.witnessed, b.member);
}

bool was_witnessed_earlier(const ClaimInLine& a, const ClaimInLine& b) {
  return std::tie(a.witnessed, a.member) < std::tie(b.witnessed, b.member);
}

// The first place behind all claims that have been final since before this one was seen.
std::size_t first_free_place(const std::vector<ClaimInLine>& line, const ClaimInLine& claim) {
  for (std::size_t i = line.size(); i-- > 0;) {
    const bool in_force = i < line[i].uses;
    if (in_force && claim.first_seen.seconds - line[i].first_seen.seconds > kFinalAfterSeconds) {
      return i + 1;
    }
  }
  return 0;
}

}  // namespace

std::vector<ClaimInLine> line_up(std::vector<ClaimInLine> claims) {
  std::sort(claims.begin(), claims.end(), was_seen_earlier);
  std::vector<ClaimInLine> line;
  for (const ClaimInLine& claim : claims) {
    std::size_t place = first_free_place(line, claim);
    while (place < line.size() && was_witnessed_earlier(line[place], claim)) ++place;
    line.insert(line.begin() + static_cast<std::ptrdiff_t>(place), claim);
  }
  return line;
}

}  // namespace lanyard::network
