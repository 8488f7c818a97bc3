// SPDX-License-Identifier: Apache-2.0
#include "core/vswitch/offload/offload_header.h"

namespace lanyard::vswitch {

namespace {

constexpr std::uint8_t kNeedsChecksum = 0x01;  // VIRTIO_NET_HDR_F_NEEDS_CSUM
constexpr std::uint8_t kEcn = 0x80;            // VIRTIO_NET_HDR_GSO_ECN, beside the type

constexpr std::size_t kFlags = 0;
constexpr std::size_t kGsoType = 1;
constexpr std::size_t kHeaderLength = 2;
constexpr std::size_t kSegmentSize = 4;
constexpr std::size_t kChecksumStart = 6;
constexpr std::size_t kChecksumOffset = 8;

std::uint16_t load(Bytes bytes, std::size_t at) {
  std::uint16_t value = 0;
  std::memcpy(&value, bytes.data() + at, sizeof value);
  return value;
}

void store(MutableBytes bytes, std::size_t at, std::uint16_t value) {
  std::memcpy(bytes.data() + at, &value, sizeof value);
}

}  // namespace

std::optional<OffloadHeader> OffloadHeader::parse(Bytes bytes) {
  if (bytes.size() < kSize) return std::nullopt;
  OffloadHeader header;
  header.gso = static_cast<Gso>(bytes[kGsoType] & ~kEcn);
  switch (header.gso) {
    case Gso::none:
    case Gso::tcp_v4:
    case Gso::tcp_v6:
    case Gso::udp: break;
    default: return std::nullopt;
  }
  header.needs_checksum = (bytes[kFlags] & kNeedsChecksum) != 0;
  header.ecn = (bytes[kGsoType] & kEcn) != 0;
  header.header_length = load(bytes, kHeaderLength);
  header.segment_size = load(bytes, kSegmentSize);
  header.checksum_start = load(bytes, kChecksumStart);
  header.checksum_offset = load(bytes, kChecksumOffset);
  return header;
}

void OffloadHeader::write(MutableBytes to) const {
  to[kFlags] = needs_checksum ? kNeedsChecksum : 0;
  to[kGsoType] = static_cast<std::uint8_t>(static_cast<std::uint8_t>(gso) | (ecn ? kEcn : 0));
  store(to, kHeaderLength, header_length);
  store(to, kSegmentSize, segment_size);
  store(to, kChecksumStart, checksum_start);
  store(to, kChecksumOffset, checksum_offset);
}

}  // namespace lanyard::vswitch
