// SPDX-License-Identifier: Apache-2.0
#include "core/nat/nat_pmp.h"

#include "core/base/endian.h"

namespace lanyard::nat::nat_pmp {

namespace {

constexpr std::uint8_t kAddressOpcode = 0;    // section 3.2
constexpr std::uint8_t kMapUdpOpcode = 1;     // section 3.3
constexpr std::uint8_t kResponseBit = 0x80;   // section 3.5
constexpr std::size_t kErrorSize = 8;         // section 3.5: the least that any response has
constexpr std::size_t kAddressSize = 12;      // section 3.2
constexpr std::size_t kMapRequestSize = 12;   // section 3.3
constexpr std::size_t kMapResponseSize = 16;  // section 3.3

}  // namespace

// Section 3.2:  0  version 0 | opcode 0
Buffer encode_address_request() { return {0, kAddressOpcode}; }

// Section 3.3:
//
//   0  version 0 | opcode 1 | reserved 2 | internal port 2 | suggested external port 2 | lifetime 4
Buffer encode_map(const MapRequest& request) {
  Buffer out(kMapRequestSize);
  out[1] = kMapUdpOpcode;
  store_be(&out[4], request.internal_port);
  store_be(&out[6], request.suggested_port);
  store_be(&out[8], request.lifetime_seconds);
  return out;
}

// Sections 3.2 and 3.3:
//
//   0  version 0 | 128 + opcode | result 2 | epoch 4 | outside address 4
//   0  version 0 | 128 + opcode | result 2 | epoch 4 | internal port 2 | external port 2 | lifetime
//   4
std::optional<Response> parse_response(Bytes datagram) {
  if (datagram.size() < kErrorSize || datagram[0] != 0) return std::nullopt;
  Response response;
  response.result = static_cast<ResultCode>(load_be<std::uint16_t>(&datagram[2]));
  response.epoch_seconds = load_be<std::uint32_t>(&datagram[4]);
  const bool success = response.result == ResultCode::success;
  switch (datagram[1]) {
    case kResponseBit | kAddressOpcode:
      if (!success) return response;
      if (datagram.size() < kAddressSize) return std::nullopt;
      response.address = IpAddress::from_v4(load_be<std::uint32_t>(&datagram[8]));
      return response;
    case kResponseBit | kMapUdpOpcode:
      if (datagram.size() < kMapResponseSize) {
        if (success) return std::nullopt;
        return response;
      }
      response.mapped =
          Mapped{load_be<std::uint16_t>(&datagram[8]), load_be<std::uint16_t>(&datagram[10]),
                 load_be<std::uint32_t>(&datagram[12])};
      return response;
    default: return std::nullopt;
  }
}

}  // namespace lanyard::nat::nat_pmp
