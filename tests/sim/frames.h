// SPDX-License-Identifier: Apache-2.0
// The few frames that a simulated host's own network stack sends and understands: ARP, and one kind
// of UDP packet over IPv4 that says who sent it where.
#pragma once

#include <optional>

#include "core/base/bytes.h"
#include "core/base/endpoint.h"
#include "core/base/mac_address.h"

namespace lanyard::sim {

struct ArpReply {
  IpAddress address;
  MacAddress mac;
};

// A packet of ours: IPv4, UDP from and to kProbePort, with a number that the receiver gives back.
struct Probe {
  MacAddress source_mac;
  MacAddress destination_mac;
  IpAddress source;
  IpAddress destination;
  std::uint64_t number = 0;
};

constexpr std::uint16_t kProbePort = 7;  // echo (RFC 862)

Buffer make_arp_request(const MacAddress& own_mac, const IpAddress& own, const IpAddress& wanted);
std::optional<ArpReply> parse_arp_reply(Bytes frame);

Buffer make_probe(const Probe& probe);
std::optional<Probe> parse_probe(Bytes frame);

}  // namespace lanyard::sim
