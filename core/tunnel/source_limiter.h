// SPDX-License-Identifier: Apache-2.0
// How often one source address may make us compute: a token bucket each, in a table of bounded
// size. An IPv6 source is its /64, for whoever has one address of it has them all.
#pragma once

#include <cstdint>
#include <map>

#include "core/base/endpoint.h"
#include "core/base/time.h"

namespace lanyard::tunnel {

// The address, or the /64 of an IPv6 address.
IpAddress source_of(const Endpoint& from);

// Owned and used by one thread.
class SourceLimiter {
 public:
  // Each handshake costs three exchanges, 0.2 ms: 20 a second are harmless. The burst is for many
  // members behind one NAT that all start at once.
  static constexpr Duration kRefill = milliseconds(50);
  static constexpr std::int64_t kBurst = 64;
  static constexpr std::size_t kMaxSources = 1024;

  // False when the source has used up its share, or when more sources are active than can be
  // watched.
  bool allow(Instant now, const Endpoint& from);
  std::size_t size() const { return full_at_.size(); }

 private:
  // When a source's bucket will be full again; sources with full buckets need no entry.
  std::map<IpAddress, Instant> full_at_;
};

}  // namespace lanyard::tunnel
