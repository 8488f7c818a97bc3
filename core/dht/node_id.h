// SPDX-License-Identifier: Apache-2.0
// Points of the DHT's 160-bit space: identifiers of nodes, and the info-hashes that peers are
// stored under. Kademlia measures how far two points are apart by their exclusive or (BEP 5).
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/base/bytes.h"
#include "core/base/endpoint.h"
#include "core/base/rng.h"

namespace lanyard::dht {

inline constexpr std::size_t kIdBytes = 20;  // BEP 5: SHA-1's width
inline constexpr std::size_t kIdBits = kIdBytes * 8;

struct NodeId {
  std::array<std::uint8_t, kIdBytes> bytes{};

  static NodeId random(Rng& rng) { return {rng.array<kIdBytes>()}; }

  auto operator<=>(const NodeId&) const = default;
};

// What peers announce themselves under and are looked up by.
struct InfoHash {
  std::array<std::uint8_t, kIdBytes> bytes{};

  // Where in the space of nodes it lies: the nodes closest to this point store its peers.
  NodeId position() const { return {bytes}; }

  auto operator<=>(const InfoHash&) const = default;
};

// Which of the two DHTs, IPv4's and IPv6's (BEP 32).
struct Families {
  bool v4 = false;
  bool v6 = false;

  static Families only(IpFamily family) { return {family == IpFamily::v4, family == IpFamily::v6}; }
  bool hold(IpFamily family) const { return family == IpFamily::v4 ? v4 : v6; }
  bool are_none() const { return !v4 && !v6; }
  bool operator==(const Families&) const = default;
};

// BEP 43: a node that strangers cannot reach is of no use in others' tables, and says so.
enum class Reachability : std::uint8_t { normal, read_only };

// A node and where it answers.
struct Contact {
  NodeId id;
  Endpoint endpoint;

  auto operator<=>(const Contact&) const = default;
};

// Whether the exclusive or of a and target, as a number, is smaller than that of b and target.
bool is_closer(const NodeId& a, const NodeId& b, const NodeId& target);
// How far apart they are, in units of 2^96: the first 64 bits of the exclusive or.
std::uint64_t distance_head(const NodeId& a, const NodeId& b);
inline constexpr std::uint64_t kAnyDistance = ~std::uint64_t{0};
// How many leading bits are equal: 0 to 160.
std::size_t shared_prefix_bits(const NodeId& a, const NodeId& b);
// A random point that shares exactly this many leading bits with id; prefix_bits < 160.
NodeId random_id_sharing(const NodeId& id, std::size_t prefix_bits, Rng& rng);

// Compact node info of BEP 5 and BEP 32: 20 bytes of id, 4 or 16 of address, 2 of port, for each
// node of that family; the others are left out.
Buffer encode_contacts(const std::vector<Contact>& contacts, IpFamily family);
// Unusable entries (port 0, no unicast address) are left out; a rest that is no whole entry too.
std::vector<Contact> decode_contacts(Bytes compact, IpFamily family, std::size_t at_most);

}  // namespace lanyard::dht
