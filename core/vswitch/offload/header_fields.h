// SPDX-License-Identifier: Apache-2.0
// Where the fields lie that offloads look at or write: offsets from the first byte of each header.
#pragma once

#include <cstddef>
#include <cstdint>

namespace lanyard::vswitch {

// Protocol and next header values (IANA, protocol numbers).
inline constexpr std::uint8_t kProtocolTcp = 6;
inline constexpr std::uint8_t kProtocolUdp = 17;

// RFC 791 section 3.1:
//  0                  1     2              4                6                8     9
//  | version, length  | TOS | total length | identification | flags, offset  | TTL | protocol |
//  10         12       16            20
//  | checksum | source | destination | options
namespace ipv4 {
inline constexpr std::size_t kMinHeaderSize = 20;
inline constexpr std::size_t kTotalLength = 2;
inline constexpr std::size_t kIdentification = 4;
inline constexpr std::size_t kFragment = 6;
inline constexpr std::size_t kProtocol = 9;
inline constexpr std::size_t kChecksum = 10;
inline constexpr std::size_t kAddresses = 12;
inline constexpr std::size_t kAddressesSize = 8;
inline constexpr std::uint16_t kFragmentMask = 0x3fff;  // "more fragments", and the offset
}  // namespace ipv4

// RFC 8200 section 3:
//  0                             4                6             7           8        24
//  | version, class, flow label  | payload length | next header | hop limit | source | destination
namespace ipv6 {
inline constexpr std::size_t kHeaderSize = 40;
inline constexpr std::size_t kPayloadLength = 4;
inline constexpr std::size_t kNextHeader = 6;
inline constexpr std::size_t kAddresses = 8;
inline constexpr std::size_t kAddressesSize = 32;

// Extension headers of one form that may stand between (RFC 8200 sections 4.3, 4.4 and 4.6):
//  0             1                                          2
//  | next header | length in 8 bytes, beyond the first 8    | options or route
inline constexpr std::uint8_t kHopByHop = 0;
inline constexpr std::uint8_t kRouting = 43;
inline constexpr std::uint8_t kDestinationOptions = 60;
inline constexpr std::size_t kExtensionUnit = 8;
}  // namespace ipv6

// RFC 9293 section 3.1:
//  0        2             4                 8                       12
//  | source | destination | sequence number | acknowledgment number |
//  12               13      14       16         18               20
//  | header length  | flags | window | checksum | urgent pointer | options
namespace tcp {
inline constexpr std::size_t kMinHeaderSize = 20;
inline constexpr std::size_t kSequence = 4;
inline constexpr std::size_t kDataOffset = 12;
inline constexpr std::size_t kFlags = 13;
inline constexpr std::size_t kChecksum = 16;
inline constexpr std::uint8_t kFin = 0x01;
inline constexpr std::uint8_t kPush = 0x08;
inline constexpr std::uint8_t kAck = 0x10;
inline constexpr std::uint8_t kCwr = 0x80;  // RFC 3168 section 6.1
}  // namespace tcp

// RFC 768:
//  0        2             4        6          8
//  | source | destination | length | checksum |
namespace udp {
inline constexpr std::size_t kHeaderSize = 8;
inline constexpr std::size_t kLength = 4;
inline constexpr std::size_t kChecksum = 6;
}  // namespace udp

}  // namespace lanyard::vswitch
