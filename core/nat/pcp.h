// SPDX-License-Identifier: Apache-2.0
// The Port Control Protocol (RFC 6887), as far as a client needs it to hold a UDP port: the MAP
// opcode for IPv4 mappings and IPv6 pinholes, and ANNOUNCE. Bytes in, values out; who is asked,
// when and how often is PortMapping's to decide.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "core/base/bytes.h"
#include "core/base/endpoint.h"

namespace lanyard::nat::pcp {

inline constexpr std::uint16_t kServerPort = 5351;  // RFC 6887 section 19.1
inline constexpr std::uint16_t kClientPort = 5350;  // announcements to all hosts, section 14.1

// Proves to the server that a later request is from whoever made the mapping (section 11.1).
using Nonce = std::array<std::uint8_t, 12>;

enum class Opcode : std::uint8_t { announce = 0, map = 1 };  // sections 14.1 and 11

// Section 7.4; what is not listed is kept as its number.
enum class ResultCode : std::uint8_t {
  success = 0,
  unsupported_version = 1,
  not_authorized = 2,
  malformed_request = 3,
  unsupported_opcode = 4,
  unsupported_option = 5,
  malformed_option = 6,
  network_failure = 7,
  no_resources = 8,
  unsupported_protocol = 9,
  user_exceeded_quota = 10,
  cannot_provide_external = 11,
  address_mismatch = 12,
  excessive_remote_peers = 13,
};

struct MapRequest {
  IpAddress client;  // ours, on the interface that leads to the server
  Nonce nonce{};
  std::uint16_t internal_port = 0;
  Endpoint suggested;                  // port 0: any; of the family of client
  std::uint32_t lifetime_seconds = 0;  // 0 deletes
};

struct MapAnswer {
  Nonce nonce{};
  std::uint16_t internal_port = 0;
  Endpoint external;
};

struct Response {
  Opcode opcode = Opcode::announce;
  ResultCode result = ResultCode::success;
  std::uint32_t lifetime_seconds = 0;  // of the mapping; of the error, if it is one
  std::uint32_t epoch_seconds = 0;     // since the server lost its state
  std::optional<MapAnswer> map;        // of a MAP answer
};

Buffer encode_map(const MapRequest& request);
Buffer encode_announce(const IpAddress& client);

// Nothing for what is no PCP response of version 2, for another opcode, for another protocol than
// UDP, and for lengths that section 8.3 refuses.
std::optional<Response> parse_response(Bytes datagram);

// The server speaks only an older protocol: NAT-PMP's form of the refusal (RFC 6887 appendix A,
// RFC 6886 section 3.5), or PCP's of another version.
bool refuses_version(Bytes datagram);

}  // namespace lanyard::nat::pcp
