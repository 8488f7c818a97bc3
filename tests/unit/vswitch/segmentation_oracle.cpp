// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/vswitch/segmentation_oracle.h"

#include <algorithm>

#include "core/vswitch/offload/checksum.h"
#include "core/vswitch/offload/segmentation.h"
#include "tests/unit/vswitch/twins.h"

namespace lanyard::vswitch::test {

namespace {

// Frames up to so many bytes are looked at as a whole at each step.
constexpr std::size_t kSmall = 4'000;

// Whether a and b are the same outside of [from, from + size).
bool same_but_for(const Buffer& a, const Buffer& b, std::size_t from, std::size_t size) {
  const auto begin = static_cast<std::ptrdiff_t>(from);
  const auto end = static_cast<std::ptrdiff_t>(from + size);
  return std::equal(a.begin(), a.begin() + begin, b.begin()) &&
         std::equal(a.begin() + end, a.end(), b.begin() + end);
}

std::string find_layout_fault(Bytes frame) {
  const auto layout = parse_layout(frame);
  const auto parts = take_apart(frame);
  if (layout.has_value() != parts.has_value()) return "only one of the twins sees a packet";
  if (!layout) return {};
  const std::size_t transport = parts->link.size() + parts->network_header.size();
  const std::size_t payload = transport + parts->transport_header.size();
  if (layout->family != parts->family || layout->transport != parts->transport ||
      layout->network_offset != parts->link.size() || layout->transport_offset != transport ||
      layout->payload_offset != payload || layout->payload_size() != parts->payload.size()) {
    return "the twins see different packets";
  }
  const std::uint16_t sum = pseudo_header_sum(frame, *layout);
  if ((sum + 0xffffU - pending_sum(*parts)) % 0xffff != 0) return "wrong pseudo-header sum";
  // Padding is no part of the packet; the other way round it would count.
  Parts bare = *parts;
  bare.padding.clear();
  set_checksum(bare, pending_sum(bare));
  const std::uint16_t right = checksum_of(*take_apart(completed(put_together(bare))));
  const std::uint16_t found = checksum_of(*parts);
  const bool is_right =
      parts->transport == Transport::udp ? found == right : found % 0xffff == right % 0xffff;
  if (is_checksum_right(frame, *layout) != is_right) return "a checksum is judged wrongly";
  return {};
}

}  // namespace

std::string find_segmentation_fault(Bytes frame, const OffloadHeader& offload) {
  const std::string layout_fault = find_layout_fault(frame);
  if (!layout_fault.empty()) return layout_fault;
  const auto expected = cut(frame, offload);
  const auto plan = Segmentation::plan(frame, offload);
  if (plan.has_value() != expected.has_value()) return "only one of the twins sees a lie";
  if (!plan) return {};
  if (plan->count() != expected->size()) return "wrong number of segments";

  Buffer super_frame = to_buffer(frame);
  for (std::size_t i = 0; i < plan->count(); ++i) {
    const Buffer before = frame.size() <= kSmall ? super_frame : Buffer();
    const MutableBytes segment = plan->make(i, super_frame);
    const auto at = static_cast<std::size_t>(segment.data() - super_frame.data());
    if (!before.empty() && !same_but_for(before, super_frame, at, plan->header_size()))
      return "strayed";
    if (segment.size() != plan->frame_size(i)) return "wrong size";
    const Buffer copy = to_buffer(segment);
    if (!take_apart(copy)) return "a segment is no packet";
    if (completed(copy) != completed((*expected)[i])) return "segment " + std::to_string(i);
    if (at > 0) super_frame[at - 1] ^= 0xff;  // what a sealer may do
    if (!equal(plan->make(i, super_frame), copy)) return "made differently again";
  }
  return {};
}

std::string find_segmentation_fault(Bytes input) {
  const auto offload = OffloadHeader::parse(input);
  if (!offload) return {};
  Buffer again(OffloadHeader::kSize);
  offload->write(again);
  if (OffloadHeader::parse(again) != offload) return "an offload header is written wrongly";
  return find_segmentation_fault(input.subspan(OffloadHeader::kSize), *offload);
}

}  // namespace lanyard::vswitch::test
