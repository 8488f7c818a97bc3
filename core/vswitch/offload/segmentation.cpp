// SPDX-License-Identifier: Apache-2.0
#include "core/vswitch/offload/segmentation.h"

#include <cassert>

#include "core/base/endian.h"
#include "core/vswitch/offload/checksum.h"
#include "core/vswitch/offload/header_fields.h"

namespace lanyard::vswitch {

namespace {

constexpr std::uint16_t kByFragments = 0xffff;  // GSO_BY_FRAGS: no size, to the kernel
constexpr std::uint8_t kOnFirstAlone = tcp::kCwr;
constexpr std::uint8_t kOnLastAlone = tcp::kFin | tcp::kPush;

bool is_true_of(const OffloadHeader& offload, const PacketLayout& layout) {
  switch (offload.gso) {
    case OffloadHeader::Gso::none: return false;
    case OffloadHeader::Gso::tcp_v4:
      if (layout.transport != Transport::tcp || layout.family != IpFamily::v4) return false;
      break;
    case OffloadHeader::Gso::tcp_v6:
      if (layout.transport != Transport::tcp || layout.family != IpFamily::v6) return false;
      break;
    case OffloadHeader::Gso::udp:
      if (layout.transport != Transport::udp || offload.ecn) return false;
      break;
  }
  return offload.segment_size != 0 && offload.segment_size != kByFragments &&
         offload.needs_checksum && offload.checksum_start == layout.transport_offset &&
         offload.checksum_offset == layout.checksum_offset() - layout.transport_offset;
}

std::uint16_t subtract(std::uint16_t sum, std::uint16_t part) {
  return add_sums(sum, static_cast<std::uint16_t>(~part));
}

}  // namespace

std::optional<Segmentation> Segmentation::plan(Bytes frame, const OffloadHeader& offload) {
  const auto layout = parse_layout(frame);
  if (!layout || !is_true_of(offload, *layout)) return std::nullopt;
  if (layout->end != frame.size()) return std::nullopt;

  Segmentation out;
  out.layout_ = *layout;
  out.segment_size_ = offload.segment_size;
  const std::size_t payload = layout->payload_size();
  out.count_ = payload == 0 ? 1 : (payload + out.segment_size_ - 1) / out.segment_size_;
  if (out.count_ > kMaxSegments) return std::nullopt;
  out.last_payload_size_ = payload - (out.count_ - 1) * out.segment_size_;
  out.measure(frame);
  return out;
}

void Segmentation::measure(Bytes frame) {
  std::memcpy(headers_.data(), frame.data(), header_size());
  const std::uint8_t* const ip = headers_.data() + layout_.network_offset;
  const std::uint8_t* const transport = headers_.data() + layout_.transport_offset;
  if (layout_.family == IpFamily::v4) {
    const std::size_t ip_size = layout_.transport_offset - layout_.network_offset;
    identification_ = load_be<std::uint16_t>(ip + ipv4::kIdentification);
    ipv4_sum_ = internet_sum({ip, ip_size});
    for (const std::size_t field : {ipv4::kTotalLength, ipv4::kIdentification, ipv4::kChecksum}) {
      ipv4_sum_ = subtract(ipv4_sum_, load_be<std::uint16_t>(ip + field));
    }
  }
  if (layout_.transport == Transport::tcp) {
    sequence_ = load_be<std::uint32_t>(transport + tcp::kSequence);
    flags_ = transport[tcp::kFlags];
  }
  pseudo_header_sum_ = subtract(load_be<std::uint16_t>(headers_.data() + layout_.checksum_offset()),
                                static_cast<std::uint16_t>(layout_.end - layout_.transport_offset));
}

MutableBytes Segmentation::make(std::size_t index, MutableBytes super_frame) const {
  assert(index < count_ && super_frame.size() == layout_.end);
  const std::size_t payload = payload_size(index);
  const MutableBytes frame = super_frame.subspan(offset(index), header_size() + payload);
  std::memcpy(frame.data(), headers_.data(), header_size());
  if (count_ == 1) return frame;
  std::uint8_t* const ip = frame.data() + layout_.network_offset;
  std::uint8_t* const transport = frame.data() + layout_.transport_offset;
  const auto transport_size =
      static_cast<std::uint16_t>(layout_.payload_offset - layout_.transport_offset + payload);

  if (layout_.family == IpFamily::v4) {
    const auto total = static_cast<std::uint16_t>(transport_size + layout_.transport_offset -
                                                  layout_.network_offset);
    const auto identification = static_cast<std::uint16_t>(identification_ + index);
    const std::uint16_t sum = add_sums(add_sums(ipv4_sum_, total), identification);
    store_be(ip + ipv4::kTotalLength, total);
    store_be(ip + ipv4::kIdentification, identification);
    store_be(ip + ipv4::kChecksum, static_cast<std::uint16_t>(~sum));
  } else {
    store_be(ip + ipv6::kPayloadLength,
             static_cast<std::uint16_t>(layout_.extensions_size() + transport_size));
  }
  if (layout_.transport == Transport::tcp) {
    std::uint8_t flags = flags_;
    if (index != 0) flags &= static_cast<std::uint8_t>(~kOnFirstAlone);
    if (index + 1 != count_) flags &= static_cast<std::uint8_t>(~kOnLastAlone);
    store_be(transport + tcp::kSequence,
             static_cast<std::uint32_t>(sequence_ + index * segment_size_));
    transport[tcp::kFlags] = flags;
  } else {
    store_be(transport + udp::kLength, transport_size);
  }
  store_be(frame.data() + layout_.checksum_offset(), add_sums(pseudo_header_sum_, transport_size));
  return frame;
}

}  // namespace lanyard::vswitch
