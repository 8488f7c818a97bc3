// SPDX-License-Identifier: Apache-2.0
#include "core/vswitch/offload/coalescer.h"

#include <cassert>

#include "core/base/endian.h"
#include "core/vswitch/offload/header_fields.h"
#include "core/vswitch/offload/internet_sum.h"

namespace lanyard::vswitch {

namespace {

OffloadHeader::Gso gso_of(const PacketLayout& layout) {
  if (layout.transport == Transport::udp) return OffloadHeader::Gso::udp;
  return layout.family == IpFamily::v4 ? OffloadHeader::Gso::tcp_v4 : OffloadHeader::Gso::tcp_v6;
}

OffloadHeader pending_checksum(const PacketLayout& layout) {
  OffloadHeader offload;
  offload.needs_checksum = true;
  offload.checksum_start = static_cast<std::uint16_t>(layout.transport_offset);
  offload.checksum_offset =
      static_cast<std::uint16_t>(layout.checksum_offset() - layout.transport_offset);
  return offload;
}

// Makes the headers of the first frame those of the whole super-frame.
void write_super_frame_headers(MutableBytes first,
                               const PacketLayout& first_layout,
                               std::size_t packet_size) {
  PacketLayout layout = first_layout;
  layout.end = layout.network_offset + packet_size;
  const auto transport_size = static_cast<std::uint16_t>(layout.end - layout.transport_offset);
  std::uint8_t* const ip = first.data() + layout.network_offset;
  std::uint8_t* const transport = first.data() + layout.transport_offset;
  if (layout.family == IpFamily::v4) {
    store_be(ip + ipv4::kTotalLength, static_cast<std::uint16_t>(packet_size));
    store_be(ip + ipv4::kChecksum, std::uint16_t{0});
    store_be(ip + ipv4::kChecksum, static_cast<std::uint16_t>(~ipv4_header_sum(ip)));
  } else {
    store_be(ip + ipv6::kPayloadLength, transport_size);
  }
  if (layout.transport == Transport::udp) store_be(transport + udp::kLength, transport_size);
  store_be(first.data() + layout.checksum_offset(), pseudo_header_sum(first, layout));
}

}  // namespace

Coalescer::Coalescer(std::size_t max_frames, CoalescerFeatures features)
    : max_frames_(max_frames), features_(features) {
  pieces_.reserve(max_frames);
  groups_.reserve(max_frames);
}

bool Coalescer::add(std::uint32_t port, MutableBytes frame, ChecksumState checksum) {
  if (pieces_.size() == max_frames_) return false;
  if (checksum == ChecksumState::pending) {
    for (std::size_t i = 0; i < kMaxOpenGroups; ++i) {
      OpenGroup& open = open_[(latest_ + i) % kMaxOpenGroups];
      if (!open.is_open || !open.continuation.is_next_full(port, frame)) continue;
      latest_ = (latest_ + i) % kMaxOpenGroups;
      append(open, frame, open.continuation.layout().payload_offset);
      return true;
    }
  }
  add_by_fields(port, frame, checksum);
  return true;
}

bool Coalescer::add_plain(std::uint32_t port, Bytes frame) {
  if (pieces_.size() == max_frames_) return false;
  add_single(port, frame, OffloadHeader());
  return true;
}

void Coalescer::add_by_fields(std::uint32_t port, MutableBytes frame, ChecksumState checksum) {
  const auto layout = parse_layout(frame);
  if (!layout) {
    close_between_macs_of(port, frame);
    return add_single(port, frame, OffloadHeader());
  }
  if (checksum == ChecksumState::pending && !features_.checksum) {
    complete_checksum(frame, layout->transport_offset,
                      layout->checksum_offset() - layout->transport_offset);
    checksum = ChecksumState::complete;
  }
  const bool is_mergeable = takes(*layout) && Continuation::is_mergeable(frame, *layout, checksum);
  OpenGroup* const open = find_flow(port, frame, *layout);
  if (open != nullptr) {
    if (is_mergeable && open->continuation.is_next(frame, *layout)) {
      const bool has_push = Continuation::has_push(frame, *layout);
      if (has_push) open->first[layout->transport_offset + tcp::kFlags] |= tcp::kPush;
      const bool is_last =
          has_push || layout->payload_size() < open->continuation.layout().payload_size();
      append(*open, frame, layout->payload_offset);
      if (is_last) close(*open);
      return;
    }
    close(*open);
  }
  add_single(port, frame,
             checksum == ChecksumState::pending ? pending_checksum(*layout) : OffloadHeader());
  if (is_mergeable && !Continuation::has_push(frame, *layout)) open_group(port, frame, *layout);
}

bool Coalescer::takes(const PacketLayout& layout) const {
  return features_.checksum && (layout.transport == Transport::tcp ? features_.tcp : features_.udp);
}

Coalescer::OpenGroup* Coalescer::find_flow(std::uint32_t port,
                                           Bytes frame,
                                           const PacketLayout& layout) {
  for (OpenGroup& open : open_) {
    if (open.is_open && open.continuation.is_same_flow(port, frame, layout)) return &open;
  }
  return nullptr;
}

void Coalescer::add_single(std::uint32_t port, Bytes frame, const OffloadHeader& offload) {
  const auto piece = static_cast<std::uint32_t>(pieces_.size());
  const auto size = static_cast<std::uint32_t>(frame.size());
  pieces_.push_back({frame.data(), size, piece});
  Group& group = groups_.emplace_back();
  group.port = port;
  group.frames = 1;
  group.size = size;
  group.first_ = piece;
  group.last_ = piece;
  offload.write(group.offload);
}

void Coalescer::append(OpenGroup& open, Bytes frame, std::size_t payload_offset) {
  const Bytes payload = frame.subspan(payload_offset);
  const auto piece = static_cast<std::uint32_t>(pieces_.size());
  pieces_.push_back({payload.data(), static_cast<std::uint32_t>(payload.size()), piece});
  Group& group = groups_[open.group];
  pieces_[group.last_].next = piece;
  group.last_ = piece;
  group.size += static_cast<std::uint32_t>(payload.size());
  ++group.frames;
  open.continuation.advance(payload.size());
  if (group.frames == kMaxSegments) close(open);
}

void Coalescer::open_group(std::uint32_t port, MutableBytes frame, const PacketLayout& layout) {
  std::size_t place = 0;
  while (place < kMaxOpenGroups && open_[place].is_open) ++place;
  if (place == kMaxOpenGroups) {
    place = (latest_ + 1) % kMaxOpenGroups;
    close(open_[place]);
  }
  latest_ = place;
  OpenGroup& open = open_[place];
  open.is_open = true;
  open.group = static_cast<std::uint32_t>(groups_.size() - 1);
  open.first = frame;
  open.continuation.begin(port, frame, layout);
}

void Coalescer::close(OpenGroup& open) {
  if (!open.is_open) return;
  open.is_open = false;
  Group& group = groups_[open.group];
  if (group.frames == 1) return;
  const PacketLayout& layout = open.continuation.layout();
  write_super_frame_headers(open.first, layout, open.continuation.packet_size());
  OffloadHeader offload = pending_checksum(layout);
  offload.gso = gso_of(layout);
  offload.header_length = static_cast<std::uint16_t>(layout.payload_offset);
  offload.segment_size = static_cast<std::uint16_t>(open.first.size() - layout.payload_offset);
  offload.write(group.offload);
}

void Coalescer::close_between_macs_of(std::uint32_t port, Bytes frame) {
  for (OpenGroup& open : open_) {
    if (open.is_open && open.continuation.is_between_same_macs(port, frame)) close(open);
  }
}

void Coalescer::finish() {
  for (OpenGroup& open : open_) close(open);
}

std::size_t Coalescer::gather(const Group& group, std::span<Bytes> out) const {
  assert(out.size() > group.frames);
  out[0] = group.offload;
  std::uint32_t piece = group.first_;
  for (std::size_t i = 1; i <= group.frames; ++i) {
    out[i] = {pieces_[piece].data, pieces_[piece].size};
    piece = pieces_[piece].next;
  }
  return 1 + group.frames;
}

void Coalescer::clear() {
  for (OpenGroup& open : open_) open.is_open = false;
  pieces_.clear();
  groups_.clear();
}

}  // namespace lanyard::vswitch
