// SPDX-License-Identifier: Apache-2.0
// The NAT Port Mapping Protocol (RFC 6886), which routers without PCP speak: the question for the
// outside address, and UDP mappings. Bytes in, values out. IPv4 only.
#pragma once

#include <cstdint>
#include <optional>

#include "core/base/bytes.h"
#include "core/base/endpoint.h"

namespace lanyard::nat::nat_pmp {

// Section 3.5; what is not listed is kept as its number.
enum class ResultCode : std::uint16_t {
  success = 0,
  unsupported_version = 1,
  not_authorized = 2,
  network_failure = 3,  // for instance: the router itself has no address yet
  out_of_resources = 4,
  unsupported_opcode = 5,
};

struct MapRequest {
  std::uint16_t internal_port = 0;
  std::uint16_t suggested_port = 0;    // 0: any; must be 0 in a deletion
  std::uint32_t lifetime_seconds = 0;  // 0 deletes
};

struct Mapped {
  std::uint16_t internal_port = 0;
  std::uint16_t external_port = 0;
  std::uint32_t lifetime_seconds = 0;
};

struct Response {
  ResultCode result = ResultCode::success;
  std::uint32_t epoch_seconds = 0;   // since the server lost its state, section 3.6
  std::optional<IpAddress> address;  // of a successful answer to an address request
  std::optional<Mapped> mapped;      // of an answer to a UDP mapping request
};

Buffer encode_address_request();
Buffer encode_map(const MapRequest& request);

// Nothing for what is no NAT-PMP response of version 0 to one of these two requests.
std::optional<Response> parse_response(Bytes datagram);

}  // namespace lanyard::nat::nat_pmp
