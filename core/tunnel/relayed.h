// SPDX-License-Identifier: Apache-2.0
// Relayed datagrams (protocol.md section 5.2): the header that a relay rewrites, and the endpoint
// that stands for a circuit inside this process, so that handshakes, links and pings need not know
// whether a path is direct. Such an endpoint never leaves the process: not to a socket, a file or a
// peer.
#pragma once

#include <cstdint>
#include <optional>

#include "core/base/bytes.h"
#include "core/base/endpoint.h"

namespace lanyard::tunnel {

// Names one half of a circuit: 24 bits, chosen at random by the relay, never 0, the same both ways.
using CircuitNumber = std::uint32_t;
inline constexpr CircuitNumber kMaxCircuitNumber = 0xffffff;  // three bytes in every header

// ---- Relayed: type 1 | circuit number 3 | a complete datagram of the two ends ----

inline constexpr std::size_t kRelayedHeaderSize = 4;

struct RelayedView {
  CircuitNumber circuit = 0;
  Bytes inner;  // borrowed from the datagram
};

// Nothing when this is no relayed datagram, it holds nothing, or its number is 0.
std::optional<RelayedView> parse_relayed(Bytes datagram);
// datagram has room for at least the header.
void write_relayed_header(MutableBytes datagram, CircuitNumber circuit);
Buffer relayed_datagram(CircuitNumber circuit, Bytes inner);

// A circuit that ends here, under a name of our own: numbers of two relays may be equal.
using CircuitId = std::uint32_t;

// In RFC 6666's discard-only prefix 0100::/64, from and to which nothing is ever routed.
Endpoint relayed_endpoint(CircuitId circuit);
bool is_relayed(const Endpoint& endpoint);
// What a peer is told of where it is seen: nothing through a relay, for it would be no address.
std::optional<Endpoint> observed_at(const Endpoint& from);

}  // namespace lanyard::tunnel
