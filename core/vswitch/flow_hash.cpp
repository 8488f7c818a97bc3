// SPDX-License-Identifier: Apache-2.0
#include "core/vswitch/flow_hash.h"

#include "core/base/endian.h"
#include "core/vswitch/ethernet.h"
#include "core/vswitch/offload/header_fields.h"

namespace lanyard::vswitch {

namespace {

// The multiplier of the finaliser of MurmurHash3: every bit of the input reaches the upper half.
std::uint64_t mix(std::uint64_t hash, std::uint64_t value) {
  hash = (hash ^ value) * 0xff51afd7ed558ccd;
  return hash ^ hash >> 32;
}

bool has_ports(std::uint8_t protocol) {
  return protocol == kProtocolTcp || protocol == kProtocolUdp;
}

std::uint64_t hash_ports(std::uint64_t hash, std::uint8_t protocol, Bytes transport) {
  hash = mix(hash, protocol);
  if (!has_ports(protocol) || transport.size() < 4) return hash;
  return mix(hash, load_be<std::uint32_t>(transport.data()));
}

std::uint64_t hash_ipv4(Bytes packet) {
  const std::size_t header_size = std::size_t{4} * (packet[0] & 0x0f);
  const std::uint64_t hash = mix(4, load_be<std::uint64_t>(packet.data() + ipv4::kAddresses));
  // A later fragment has no ports, so no fragment is told by them.
  const bool is_fragment =
      (load_be<std::uint16_t>(packet.data() + ipv4::kFragment) & ipv4::kFragmentMask) != 0;
  const bool is_cut = header_size < ipv4::kMinHeaderSize || header_size > packet.size();
  return hash_ports(hash, packet[ipv4::kProtocol],
                    is_fragment || is_cut ? Bytes() : packet.subspan(header_size));
}

std::uint64_t hash_ipv6(Bytes packet) {
  std::uint64_t hash = 6;
  for (std::size_t at = ipv6::kAddresses; at < ipv6::kHeaderSize; at += 8) {
    hash = mix(hash, load_be<std::uint64_t>(packet.data() + at));
  }
  return hash_ports(hash, packet[ipv6::kNextHeader], packet.subspan(ipv6::kHeaderSize));
}

}  // namespace

std::uint32_t flow_hash(Bytes frame) {
  const auto view = parse_frame(frame);
  if (!view) return 0;
  std::uint64_t hash = 0;
  if (view->ether_type == kEtherTypeIpv4 && view->payload.size() >= ipv4::kMinHeaderSize) {
    hash = hash_ipv4(view->payload);
  } else if (view->ether_type == kEtherTypeIpv6 && view->payload.size() >= ipv6::kHeaderSize) {
    hash = hash_ipv6(view->payload);
  } else {
    hash = mix(hash, load_be<std::uint64_t>(frame.data()));
    hash = mix(hash, load_be<std::uint32_t>(frame.data() + 8));
  }
  return static_cast<std::uint32_t>(hash >> 16);
}

}  // namespace lanyard::vswitch
