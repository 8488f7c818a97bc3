// SPDX-License-Identifier: Apache-2.0
#include "core/tunnel/source_limiter.h"

#include <algorithm>

#include "core/tunnel/relayed.h"

namespace lanyard::tunnel {

IpAddress source_of(const Endpoint& from) {
  // Circuits share a prefix, but not the peer at their other end.
  if (from.address.is_v4() || is_relayed(from)) return from.address;
  return IpPrefix{from.address, 64}.network().address;
}

bool SourceLimiter::allow(Instant now, const Endpoint& from) {
  const IpAddress source = source_of(from);
  auto found = full_at_.find(source);
  if (found == full_at_.end()) {
    if (full_at_.size() >= kMaxSources) {
      std::erase_if(full_at_, [now](const auto& entry) { return entry.second <= now; });
    }
    if (full_at_.size() >= kMaxSources) return false;
    found = full_at_.emplace(source, now).first;
  }
  const Instant full_at = std::max(found->second, now) + kRefill;
  if (full_at - now > kRefill * kBurst) return false;
  found->second = full_at;
  return true;
}

}  // namespace lanyard::tunnel
