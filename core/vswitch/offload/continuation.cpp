// SPDX-License-Identifier: Apache-2.0
#include "core/vswitch/offload/continuation.h"

#include "core/base/endian.h"
#include "core/vswitch/ethernet.h"
#include "core/vswitch/offload/header_fields.h"
#include "core/vswitch/offload/internet_sum.h"

namespace lanyard::vswitch {

namespace {

constexpr std::uint16_t kNegativeZero = 0xffff;  // in one's complement

// Right, and of the form in which it is written anew at segmentation.
bool has_canonical_ipv4_checksum(const std::uint8_t* ip) {
  return ipv4_header_sum(ip) == 0xffff &&
         load_be<std::uint16_t>(ip + ipv4::kChecksum) != kNegativeZero;
}

bool has_mergeable_checksum(Bytes frame, const PacketLayout& layout, ChecksumState checksum) {
  const auto field = load_be<std::uint16_t>(frame.data() + layout.checksum_offset());
  if (checksum == ChecksumState::pending) {
    // Equal in one's complement. A wrong one has to stay wrong.
    const std::uint16_t wrong_by =
        add_sums(field, static_cast<std::uint16_t>(~pseudo_header_sum(frame, layout)));
    return wrong_by == 0 || wrong_by == kNegativeZero;
  }
  // The kernel writes TCP's as 0 in place of 0xffff, and UDP's the other way round.
  if (layout.transport == Transport::tcp && field == kNegativeZero) return false;
  return is_checksum_right(frame, layout);
}

void copy_bytes(std::uint8_t* to, const std::uint8_t* from, std::size_t offset, std::size_t size) {
  std::memcpy(to + offset, from + offset, size);
}

}  // namespace

bool Continuation::is_mergeable(Bytes frame, const PacketLayout& layout, ChecksumState checksum) {
  if (layout.payload_size() == 0) return false;
  if (layout.end != frame.size()) return false;  // segments have no padding
  const std::uint8_t* const ip = frame.data() + layout.network_offset;
  if (layout.family == IpFamily::v4) {
    if (layout.transport_offset - layout.network_offset != ipv4::kMinHeaderSize) return false;
    if (!has_canonical_ipv4_checksum(ip)) return false;
  } else if (layout.extensions_size() != 0) {
    return false;  // rare, and not every kernel cuts them as they came
  }
  if (layout.transport == Transport::tcp) {
    const std::uint8_t flags = frame[layout.transport_offset + tcp::kFlags];
    if ((flags & ~tcp::kPush) != tcp::kAck) return false;
  }
  return has_mergeable_checksum(frame, layout, checksum);
}

void Continuation::begin(std::uint32_t port, Bytes frame, const PacketLayout& layout) {
  port_ = port;
  layout_ = layout;
  full_frame_size_ = frame.size();
  packet_size_ = layout.end - layout.network_offset;
  std::memcpy(headers_.data(), frame.data(), layout.payload_offset);
  store_be(headers_.data() + layout.checksum_offset(), pseudo_header_sum(frame, layout));
  if (layout.family == IpFamily::v4) {
    const std::uint8_t* const ip = frame.data() + layout.network_offset;
    identification_ = load_be<std::uint16_t>(ip + ipv4::kIdentification);
    // The checksum is right, so it tells what the rest of the header adds up to.
    ipv4_sum_ = static_cast<std::uint16_t>(
        ~add_sums(identification_, load_be<std::uint16_t>(ip + ipv4::kChecksum)));
    if (ipv4_sum_ == 0) ipv4_sum_ = kNegativeZero;  // no header is all zeros
    ++identification_;
    write_identification();
  }
  if (layout.transport == Transport::tcp) {
    std::uint8_t* const transport = headers_.data() + layout.transport_offset;
    sequence_ = load_be<std::uint32_t>(transport + tcp::kSequence);
    sequence_ += static_cast<std::uint32_t>(layout.payload_size());
    store_be(transport + tcp::kSequence, sequence_);
  }
}

void Continuation::advance(std::size_t payload_size) {
  packet_size_ += payload_size;
  if (layout_.family == IpFamily::v4) {
    ++identification_;
    write_identification();
  }
  if (layout_.transport == Transport::tcp) {
    sequence_ += static_cast<std::uint32_t>(payload_size);
    store_be(headers_.data() + layout_.transport_offset + tcp::kSequence, sequence_);
  }
}

void Continuation::write_identification() {
  std::uint8_t* const ip = headers_.data() + layout_.network_offset;
  const std::uint16_t sum = add_sums(ipv4_sum_, identification_);
  store_be(ip + ipv4::kIdentification, identification_);
  store_be(ip + ipv4::kChecksum, static_cast<std::uint16_t>(~sum));
}

bool Continuation::is_next(Bytes frame, const PacketLayout& layout) const {
  if (layout.payload_offset != layout_.payload_offset ||
      layout.payload_size() > layout_.payload_size() ||
      packet_size_ + layout.payload_size() > kMaxPacketSize) {
    return false;
  }
  // The same but for what belongs to its own length, the checksums, and PSH.
  std::array<std::uint8_t, kMaxHeaderSize> expected = headers_;
  std::uint8_t* const to = expected.data();
  if (layout.family == IpFamily::v4) {
    copy_bytes(to, frame.data(), layout.network_offset + ipv4::kTotalLength, 2);
    copy_bytes(to, frame.data(), layout.network_offset + ipv4::kChecksum, 2);
  } else {
    copy_bytes(to, frame.data(), layout.network_offset + ipv6::kPayloadLength, 2);
  }
  if (layout.transport == Transport::tcp) {
    const std::size_t flags = layout.transport_offset + tcp::kFlags;
    to[flags] = static_cast<std::uint8_t>(to[flags] | (frame[flags] & tcp::kPush));
  } else {
    copy_bytes(to, frame.data(), layout.transport_offset + udp::kLength, 2);
  }
  copy_bytes(to, frame.data(), layout.checksum_offset(), 2);
  return std::memcmp(frame.data(), to, layout.payload_offset) == 0;
}

bool Continuation::has_push(Bytes frame, const PacketLayout& layout) {
  return layout.transport == Transport::tcp &&
         (frame[layout.transport_offset + tcp::kFlags] & tcp::kPush) != 0;
}

bool Continuation::is_same_flow(std::uint32_t port, Bytes frame, const PacketLayout& layout) const {
  if (port != port_ || layout.family != layout_.family || layout.transport != layout_.transport) {
    return false;
  }
  const std::uint8_t* const own = headers_.data();
  const std::uint8_t* const other = frame.data();
  if (std::memcmp(other + layout.transport_offset, own + layout_.transport_offset, 4) != 0) {
    return false;  // ports
  }
  const bool is_v4 = layout.family == IpFamily::v4;
  const std::size_t at = is_v4 ? ipv4::kAddresses : ipv6::kAddresses;
  const std::size_t size = is_v4 ? ipv4::kAddressesSize : ipv6::kAddressesSize;
  return std::memcmp(other + layout.network_offset + at, own + layout_.network_offset + at, size) ==
         0;
}

bool Continuation::is_between_same_macs(std::uint32_t port, Bytes frame) const {
  return port == port_ && frame.size() >= 2 * kMacSize &&
         std::memcmp(frame.data(), headers_.data(), 2 * kMacSize) == 0;
}

}  // namespace lanyard::vswitch
