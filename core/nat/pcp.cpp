// SPDX-License-Identifier: Apache-2.0
#include "core/nat/pcp.h"

#include <algorithm>

#include "core/base/endian.h"

namespace lanyard::nat::pcp {

namespace {

constexpr std::uint8_t kVersion = 2;           // section 7.1
constexpr std::uint8_t kResponseBit = 0x80;    // section 7.2
constexpr std::uint8_t kUdp = 17;              // IANA protocol number
constexpr std::size_t kHeaderSize = 24;        // sections 7.1 and 7.2
constexpr std::size_t kMapSize = 36;           // section 11.1
constexpr std::size_t kMaxSize = 1100;         // section 7
constexpr std::size_t kNatPmpRefusalSize = 8;  // RFC 6886 section 3.5

// Addresses travel as 16 bytes, IPv4 in its mapped form (section 5).
void store_address(std::uint8_t* to, const IpAddress& address) {
  if (address.is_v4()) {
    to[10] = to[11] = 0xff;
    std::copy_n(address.bytes().data(), 4, to + 12);
  } else {
    std::copy_n(address.bytes().data(), 16, to);
  }
}

IpAddress load_address(const std::uint8_t* from) {
  std::array<std::uint8_t, 16> bytes;
  std::copy_n(from, bytes.size(), bytes.begin());
  return IpAddress::from_v6(bytes);
}

// Request, section 7.1:
//
//   0  version 2 | R = 0, opcode 7 bits | reserved 2 | requested lifetime 4 | client address 16
void store_header(Buffer& out, Opcode opcode, std::uint32_t lifetime, const IpAddress& client) {
  out[0] = kVersion;
  out[1] = static_cast<std::uint8_t>(opcode);
  store_be(&out[4], lifetime);
  store_address(&out[8], client);
}

}  // namespace

// MAP, section 11.1, behind the header; the answer has the same layout:
//
//   24 nonce 12 | protocol 1 | reserved 3 | internal port 2 | external port 2 | external address 16
Buffer encode_map(const MapRequest& request) {
  Buffer out(kHeaderSize + kMapSize);
  store_header(out, Opcode::map, request.lifetime_seconds, request.client);
  std::copy(request.nonce.begin(), request.nonce.end(), out.begin() + kHeaderSize);
  out[36] = kUdp;
  store_be(&out[40], request.internal_port);
  store_be(&out[42], request.suggested.port);
  store_address(&out[44], request.suggested.address);
  return out;
}

Buffer encode_announce(const IpAddress& client) {
  Buffer out(kHeaderSize);
  store_header(out, Opcode::announce, 0, client);
  return out;
}

// Response, section 7.2:
//
//   0  version 2 | R = 1, opcode 7 bits | reserved 1 | result 1 | lifetime 4 | epoch 4 | reserved
//   12
std::optional<Response> parse_response(Bytes datagram) {
  if (datagram.size() < kHeaderSize || datagram.size() > kMaxSize || datagram.size() % 4 != 0) {
    return std::nullopt;
  }
  if (datagram[0] != kVersion || (datagram[1] & kResponseBit) == 0) return std::nullopt;
  Response response;
  response.opcode = static_cast<Opcode>(datagram[1] & ~kResponseBit);
  response.result = static_cast<ResultCode>(datagram[3]);
  response.lifetime_seconds = load_be<std::uint32_t>(&datagram[4]);
  response.epoch_seconds = load_be<std::uint32_t>(&datagram[8]);
  if (response.opcode == Opcode::announce) return response;
  if (response.opcode != Opcode::map) return std::nullopt;
  if (datagram.size() < kHeaderSize + kMapSize || datagram[36] != kUdp) return std::nullopt;
  MapAnswer map;
  std::copy_n(&datagram[kHeaderSize], map.nonce.size(), map.nonce.begin());
  map.internal_port = load_be<std::uint16_t>(&datagram[40]);
  map.external = {load_address(&datagram[44]), load_be<std::uint16_t>(&datagram[42])};
  response.map = map;
  return response;
}

bool refuses_version(Bytes datagram) {
  if (datagram.size() < kNatPmpRefusalSize || (datagram[1] & kResponseBit) == 0) return false;
  const bool of_nat_pmp = datagram[0] == 0 && load_be<std::uint16_t>(&datagram[2]) == 1;
  const bool of_pcp =
      datagram[0] != 0 && datagram[3] == static_cast<std::uint8_t>(ResultCode::unsupported_version);
  return of_nat_pmp || of_pcp;
}

}  // namespace lanyard::nat::pcp
