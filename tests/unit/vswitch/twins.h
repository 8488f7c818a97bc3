// SPDX-License-Identifier: Apache-2.0
// Slow twins of what core/vswitch/offload does, written to be obviously right: frames are taken
// apart into buffers, changed field by field, and put together again, and every checksum is added
// up byte by byte. They share no code with what they judge but the plain types.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "core/base/bytes.h"
#include "core/base/endpoint.h"
#include "core/vswitch/offload/offload_header.h"
#include "core/vswitch/offload/packet_layout.h"

namespace lanyard::vswitch::test {

// A TCP or UDP frame in its parts.
struct Parts {
  IpFamily family = IpFamily::v4;
  Transport transport = Transport::tcp;
  Buffer link;  // Ethernet header with tags
  Buffer network_header;
  Buffer transport_header;
  Buffer payload;
  Buffer padding;
};

// Nothing for what is no whole TCP segment or UDP datagram in an Ethernet frame.
std::optional<Parts> take_apart(Bytes frame);
Buffer put_together(const Parts& parts);

void set_ipv4_checksum(Parts& parts);
void set_checksum(Parts& parts, std::uint16_t value);
std::uint16_t checksum_of(const Parts& parts);
// What a pending checksum field holds.
std::uint16_t pending_sum(const Parts& parts);

// Of a pending checksum, what goes on the wire. TCP's is written as 0 where it is 0, UDP's as
// 0xffff.
void complete(Parts& parts);
// The same for a frame that take_apart() knows.
Buffer completed(Bytes frame);

// The segments of a super-frame, their checksums pending; nothing where the header lies.
std::optional<std::vector<Buffer>> cut(Bytes super_frame, const OffloadHeader& offload);

// What comes out of a bridge port that has no offloads for one write to a TAP device: frames with
// all checksums in place. Nothing where the write is refused.
std::optional<std::vector<Buffer>> on_the_wire(Bytes offload_header, Bytes frame);

}  // namespace lanyard::vswitch::test
