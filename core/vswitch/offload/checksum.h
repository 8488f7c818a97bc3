// SPDX-License-Identifier: Apache-2.0
// The internet checksum (RFC 1071) of TCP and UDP, and its halfway state: a *pending* checksum
// field holds the sum over the pseudo-header alone, for whoever sends the packet on to finish. That
// is how the kernel hands packets to devices that can do checksums, and how they travel in the
// tunnel.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "core/base/bytes.h"
#include "core/vswitch/offload/offload_header.h"
#include "core/vswitch/offload/packet_layout.h"

namespace lanyard::vswitch {

enum class ChecksumState : std::uint8_t {
  complete,  // nothing is left to be done; it need not be right
  pending,  // a TCP or UDP packet (parse_layout() finds it) whose field holds the pseudo-header sum
};

// The one's complement sum of the bytes as 16-bit integers in network byte order, the last one
// filled up with a zero, with all carries added: 0 only where all bytes are 0. A field gets it by
// store_be(); the checksum is its complement.
std::uint16_t internet_sum(Bytes bytes);

// a + b in one's complement.
constexpr std::uint16_t add_sums(std::uint16_t a, std::uint16_t b) {
  const std::uint32_t sum = std::uint32_t{a} + b;
  return static_cast<std::uint16_t>(sum + (sum >> 16));
}

// Over the addresses, the protocol and the length from the transport header to the end (RFC 9293
// section 3.1, RFC 8200 section 8.1). layout is parse_layout() of the frame. The destination is the
// one in IP's header: behind a routing header with hops to go, senders sum over the last hop, so a
// sum that is there is never made anew from this.
std::uint16_t pseudo_header_sum(Bytes frame, const PacketLayout& layout);

// Puts the checksum over the bytes from start to the end of the frame at start + offset, where a
// pending one stands. As the kernel does: padding counts, and a sum that is 0 is written as 0xffff
// (0 is "no checksum" to UDP). False, and nothing is written, where the field is not inside of the
// frame, behind start.
bool complete_checksum(MutableBytes frame, std::size_t start, std::size_t offset);

// The same for a frame whose state is pending, from its own headers. False where parse_layout()
// finds nothing in it: then it had no pending checksum.
bool complete_transport_checksum(MutableBytes frame);

// Does what the header of a frame that is not to be segmented asks for, for a way on which only
// TCP's and UDP's own checksums may be pending. pending: it stays so. complete: there was nothing
// to do, or it has been completed here (another protocol's, an inner packet's, a fragment's).
// Nothing: the place lies outside of the frame; drop it.
std::optional<ChecksumState> settle_checksum(MutableBytes frame, const OffloadHeader& offload);

// Whether the checksum of TCP or UDP is there and right. layout is parse_layout() of the frame.
bool is_checksum_right(Bytes frame, const PacketLayout& layout);

}  // namespace lanyard::vswitch
