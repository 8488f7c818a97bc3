// SPDX-License-Identifier: Apache-2.0
#include "core/node/outbound.h"

#include <array>
#include <cassert>
#include <cstring>
#include <optional>

#include "core/tunnel/wire.h"
#include "core/vswitch/ethernet.h"
#include "core/vswitch/offload/checksum.h"

namespace lanyard::node {

namespace {

using vswitch::ChecksumState;
using vswitch::Form;
using vswitch::kEthernetHeaderSize;
using vswitch::Segmentation;

DropReason from_switch(vswitch::DropReason reason) {
  switch (reason) {
    case vswitch::DropReason::foreign_source: return DropReason::foreign_source;
    case vswitch::DropReason::spoofed_address: return DropReason::spoofed_address;
    case vswitch::DropReason::unknown_destination: return DropReason::unknown_destination;
    default: return DropReason::runt;
  }
}

tunnel::BodyKind kind_of(Form form) {
  switch (form) {
    case Form::full: break;
    case Form::ipv4: return tunnel::BodyKind::ipv4;
    case Form::ipv6: return tunnel::BodyKind::ipv6;
  }
  return tunnel::BodyKind::ethernet;
}

tunnel::Checksum checksum_bit(ChecksumState state) {
  return state == ChecksumState::pending ? tunnel::Checksum::pending : tunnel::Checksum::complete;
}

// Bytes of a frame that do not travel.
std::size_t left_out(Form form) { return form == Form::full ? 0 : kEthernetHeaderSize; }

std::size_t datagram_size(Form form, std::size_t frame_size) {
  return tunnel::kDataHeaderSize + 1 + frame_size - left_out(form) + tunnel::kTagSize;
}

// Of a frame that is dropped: as many as it would have become.
std::size_t packets_in(const DeviceFrame& frame) {
  if (frame.offload.gso == vswitch::OffloadHeader::Gso::none) return 1;
  const auto plan = Segmentation::plan(frame.frame, frame.offload);
  return plan ? plan->count() : 1;
}

}  // namespace

Outbound::Outbound(DropCounters& drops) : drops_(drops) {
  routed_.reserve(kMaxBatch);
  flooded_.reserve(kMaxBatch);
  segmentations_.reserve(kMaxBatch);
  share_.reserve(kMaxBatch);
}

Progress Outbound::handle_frames(const Forwarding& forwarding,
                                 DeviceId device,
                                 std::span<const DeviceFrame> frames,
                                 DataOutput& out) {
  assert(frames.size() <= kMaxBatch);
  port_ = forwarding.find_device(device);
  routed_.clear();
  flooded_.clear();
  segmentations_.clear();
  next_routed_ = next_member_ = next_flooded_ = 0;
  if (port_ == nullptr) {
    for (const DeviceFrame& frame : frames) {
      drops_.add(DropReason::unknown_device, packets_in(frame));
    }
    return Progress::done;
  }
  for (const DeviceFrame& frame : frames) route(*port_, frame, out);
  return go_on(out);
}

// Member by member, so that what goes to one makes runs, whoever else is talked to.
Progress Outbound::go_on(DataOutput& out) {
  return send_routed(out) && send_flooded(out) ? Progress::done : Progress::more;
}

void Outbound::route(const DeviceForwarding& port, const DeviceFrame& frame, DataOutput& out) {
  std::array<std::uint8_t, vswitch::kLargestAnswer> reply;
  const vswitch::Decision decision = vswitch::route_from_device(port.tables, frame.frame, reply);
  Routed routed{.form = decision.form, .frame = frame.frame};
  switch (decision.action) {
    case vswitch::Action::unicast:
      if (decision.slot >= port.peers.size() || !port.peers[decision.slot].session) {
        return drops_.add(DropReason::no_path, packets_in(frame));
      }
      if (!prepare(frame, routed)) return;
      routed.path = &port.peers[decision.slot];
      routed_.push_back(routed);
      return;
    case vswitch::Action::flood:
      if (prepare(frame, routed)) flooded_.push_back(routed);
      return;
    case vswitch::Action::answer:
      return answer(port.device, Bytes(reply).first(decision.answer_size), out);
    case vswitch::Action::drop: return drops_.add(from_switch(decision.reason), packets_in(frame));
  }
}

bool Outbound::prepare(const DeviceFrame& frame, Routed& routed) {
  if (frame.offload.gso != vswitch::OffloadHeader::Gso::none) {
    const auto plan = Segmentation::plan(frame.frame, frame.offload);
    if (!plan) {
      drops_.add(DropReason::malformed_offload);
      return false;
    }
    routed.segmentation = segmentations_.size();
    routed.checksum = ChecksumState::pending;
    segmentations_.push_back(*plan);
  } else if (frame.offload.needs_checksum) {
    const auto state = vswitch::settle_checksum(frame.frame, frame.offload);
    if (!state) {
      drops_.add(DropReason::malformed_offload);
      return false;
    }
    routed.checksum = *state;
  }
  const Load load = load_of(routed);
  if (load.largest <= SealedRun::kMaxBytes) return true;
  drops_.add(DropReason::oversized, load.packets);
  return false;
}

Outbound::Load Outbound::load_of(const Routed& routed) const {
  if (!routed.is_super_frame()) {
    const std::size_t size = datagram_size(routed.form, routed.frame.size());
    return {1, size, size};
  }
  const Segmentation& segments = segmentations_[routed.segmentation];
  const std::size_t count = segments.count();
  const std::size_t size = datagram_size(routed.form, segments.frame_size(0));
  const std::size_t last = datagram_size(routed.form, segments.frame_size(count - 1));
  return {count, (count - 1) * size + last, size};
}

bool Outbound::send_routed(DataOutput& out) {
  for (; next_routed_ < routed_.size(); ++next_routed_) {
    const PeerPath* const path = routed_[next_routed_].path;
    if (path == nullptr) continue;
    share_.clear();
    for (Routed& routed : std::span(routed_).subspan(next_routed_)) {
      if (routed.path == path) share_.push_back(&routed);
    }
    const std::size_t sent = send_share(*path, Use::last, out);
    for (std::size_t i = 0; i < sent; ++i) share_[i]->path = nullptr;
    if (sent < share_.size()) return false;
  }
  return true;
}

bool Outbound::send_flooded(DataOutput& out) {
  if (flooded_.empty()) return true;
  const auto members = port_->tables.flood();
  for (; next_member_ < members.size(); ++next_member_, next_flooded_ = 0) {
    const vswitch::PeerSlot slot = members[next_member_];
    if (slot >= port_->peers.size() || !port_->peers[slot].session) continue;
    share_.clear();
    for (Routed& routed : std::span(flooded_).subspan(next_flooded_)) share_.push_back(&routed);
    next_flooded_ += send_share(port_->peers[slot], Use::one_of_many, out);
    if (next_flooded_ < flooded_.size()) return false;
  }
  return true;
}

std::size_t Outbound::send_share(const PeerPath& path, Use use, DataOutput& out) {
  std::size_t frames = 0;
  std::size_t packets = 0;
  std::size_t bytes = 0;
  std::size_t room = 0;
  for (const Routed* routed : share_) {
    const Load load = load_of(*routed);
    room += load.bytes + load.packets * path.overhead();
    if (!out.has_room_for(packets + load.packets, room)) break;
    packets += load.packets;
    bytes += load.bytes;
    ++frames;
  }
  if (frames == 0) {
    if (!out.is_empty()) return 0;
    // It never will.
    drops_.add(DropReason::output_full, load_of(*share_.front()).packets);
    return 1;
  }
  const auto first = path.session->reserve(static_cast<std::uint32_t>(packets), bytes);
  if (!first) {
    drops_.add(DropReason::session_exhausted, packets);
    return frames;
  }
  std::uint64_t counter = *first;
  for (Routed* routed : std::span(share_).first(frames)) {
    counter = seal_frame(path, counter, *routed, use, out);
  }
  return frames;
}

std::uint64_t Outbound::seal_frame(
    const PeerPath& path, std::uint64_t counter, Routed& routed, Use use, DataOutput& out) {
  if (!routed.is_super_frame()) {
    seal(path, counter, routed.form, routed.frame, routed.checksum, out);
    return counter + 1;
  }
  const Segmentation& segments = segmentations_[routed.segmentation];
  // The end of the payload before, which a segment's headers and the byte in front of them take
  // the place of.
  std::array<std::uint8_t, 1 + vswitch::PacketLayout::kMaxHeaderSize> overwritten;
  const std::size_t size = 1 + segments.header_size();
  for (std::size_t i = 0; i < segments.count(); ++i) {
    std::uint8_t* const place = routed.frame.data() + segments.offset(i) - 1;
    if (use == Use::one_of_many) std::memcpy(overwritten.data(), place, size);
    ChecksumState checksum = routed.checksum;
    seal(path, counter++, routed.form, segments.make(i, routed.frame), checksum, out);
    if (use == Use::one_of_many) std::memcpy(place, overwritten.data(), size);
  }
  return counter;
}

// The body is made where the frame lies: its first byte takes the place of the byte before.
void Outbound::seal(const PeerPath& path,
                    std::uint64_t counter,
                    Form form,
                    MutableBytes frame,
                    ChecksumState& checksum,
                    DataOutput& out) {
  if (checksum == ChecksumState::pending && !path.session->takes_pending_checksums()) {
    vswitch::complete_transport_checksum(frame);
    checksum = ChecksumState::complete;
  }
  const std::size_t overhead = path.overhead();
  const MutableBytes datagram = out.room_for_datagram(overhead + datagram_size(form, frame.size()));
  if (path.circuit != 0) tunnel::write_relayed_header(datagram, path.circuit);
  std::uint8_t* const body = frame.data() + left_out(form) - 1;
  *body = tunnel::body_first_byte(kind_of(form), checksum_bit(checksum));
  path.session->seal_with(counter, {body, 1 + frame.size() - left_out(form)},
                          datagram.subspan(overhead));
  out.add_datagram(path.endpoint, datagram);
}

void Outbound::answer(DeviceId device, Bytes frame, DataOutput& out) {
  const MutableBytes room = out.room_for(frame.size());
  if (room.empty()) return drops_.add(DropReason::output_full);
  std::memcpy(room.data(), frame.data(), frame.size());
  if (!out.add_answer(device, room)) drops_.add(DropReason::output_full);
}

}  // namespace lanyard::node
