// SPDX-License-Identifier: Apache-2.0
#include "core/vswitch/offload/checksum.h"

#include "core/base/endian.h"
#include "core/vswitch/offload/header_fields.h"
#include "core/vswitch/offload/internet_sum.h"

namespace lanyard::vswitch {

namespace {

constexpr std::uint16_t kMangledZero = 0xffff;  // the other form of 0 in one's complement, RFC 768

template <typename Word>
Word load(const std::uint8_t* from) {
  Word word = 0;
  std::memcpy(&word, from, sizeof word);
  return word;
}

// Two words of 32 bits: 64-bit sums of such do not overflow within any packet.
std::uint64_t load_two(const std::uint8_t* from) {
  const auto words = load<std::uint64_t>(from);
  return (words & 0xffffffff) + (words >> 32);
}

// Of less than 8 bytes.
std::uint64_t sum_of_rest(const std::uint8_t* at, std::size_t left) {
  std::uint64_t sum = 0;
  if (left >= 4) {
    sum += load<std::uint32_t>(at);
    at += 4;
    left -= 4;
  }
  if (left >= 2) {
    sum += load<std::uint16_t>(at);
    at += 2;
    left -= 2;
  }
  if (left == 0) return sum;
  const std::uint8_t last[2] = {*at, 0};
  return sum + load<std::uint16_t>(last);
}

}  // namespace

std::uint16_t internet_sum(Bytes bytes) {
  const std::uint8_t* at = bytes.data();
  std::size_t left = bytes.size();
  // Four sums that do not wait for each other.
  std::uint64_t a = 0;
  std::uint64_t b = 0;
  std::uint64_t c = 0;
  std::uint64_t d = 0;
  for (; left >= 32; left -= 32, at += 32) {
    a += load_two(at);
    b += load_two(at + 8);
    c += load_two(at + 16);
    d += load_two(at + 24);
  }
  a += b + c + d;
  for (; left >= 8; left -= 8, at += 8) a += load_two(at);
  return swapped_on_little_endian(fold(a + sum_of_rest(at, left)));
}

std::uint16_t pseudo_header_sum(Bytes frame, const PacketLayout& layout) {
  const std::uint8_t* const ip = frame.data() + layout.network_offset;
  const std::uint64_t addresses =
      layout.family == IpFamily::v4
          ? sum_of_words(ip + ipv4::kAddresses, ipv4::kAddressesSize / 4, 0)
          : sum_of_words(ip + ipv6::kAddresses, ipv6::kAddressesSize / 4, 0);
  const std::uint16_t protocol = layout.transport == Transport::tcp ? kProtocolTcp : kProtocolUdp;
  const auto length = static_cast<std::uint16_t>(layout.end - layout.transport_offset);
  return add_sums(swapped_on_little_endian(fold(addresses)), add_sums(protocol, length));
}

bool complete_checksum(MutableBytes frame, std::size_t start, std::size_t offset) {
  if (start > frame.size() || frame.size() - start < 2 || offset > frame.size() - start - 2) {
    return false;
  }
  const auto sum = static_cast<std::uint16_t>(~internet_sum(frame.subspan(start)));
  store_be(frame.data() + start + offset, sum == 0 ? kMangledZero : sum);
  return true;
}

bool complete_transport_checksum(MutableBytes frame) {
  const auto layout = parse_layout(frame);
  return layout && complete_checksum(frame, layout->transport_offset,
                                     layout->checksum_offset() - layout->transport_offset);
}

std::optional<ChecksumState> settle_checksum(MutableBytes frame, const OffloadHeader& offload) {
  if (!offload.needs_checksum) return ChecksumState::complete;
  const auto layout = parse_layout(frame);
  const std::size_t field = std::size_t{offload.checksum_start} + offload.checksum_offset;
  if (layout && offload.checksum_start == layout->transport_offset &&
      field == layout->checksum_offset()) {
    return ChecksumState::pending;
  }
  if (!complete_checksum(frame, offload.checksum_start, offload.checksum_offset)) {
    return std::nullopt;
  }
  return ChecksumState::complete;
}

bool is_checksum_right(Bytes frame, const PacketLayout& layout) {
  if (layout.transport == Transport::udp &&
      load_be<std::uint16_t>(frame.data() + layout.checksum_offset()) == 0) {
    return false;  // there is none
  }
  const Bytes segment =
      frame.subspan(layout.transport_offset, layout.end - layout.transport_offset);
  return add_sums(internet_sum(segment), pseudo_header_sum(frame, layout)) == 0xffff;
}

}  // namespace lanyard::vswitch
