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

}  // namespace

Outbound::Outbound(DropCounters& drops) : drops_(drops) {
  routed_.reserve(kMaxBatch);
  segmentations_.reserve(kMaxBatch);
}

void Outbound::handle_frames(const Forwarding& forwarding,
                             DeviceId device,
                             std::span<const DeviceFrame> frames,
                             DataOutput& out) {
  assert(frames.size() <= kMaxBatch);
  const DeviceForwarding* const port = forwarding.find_device(device);
  if (port == nullptr) return drops_.add(DropReason::unknown_device, frames.size());
  routed_.clear();
  segmentations_.clear();
  for (const DeviceFrame& frame : frames) route(*port, frame, out);
  // Member by member, so that what goes to one makes runs, whoever else is talked to.
  for (std::size_t i = 0; i < routed_.size(); ++i) {
    if (routed_[i].path != nullptr) send_to_member(std::span(routed_).subspan(i), out);
  }
}

void Outbound::route(const DeviceForwarding& port, const DeviceFrame& frame, DataOutput& out) {
  std::array<std::uint8_t, vswitch::kLargestAnswer> reply;
  const vswitch::Decision decision = vswitch::route_from_device(port.tables, frame.frame, reply);
  Routed routed{.form = decision.form, .frame = frame.frame};
  switch (decision.action) {
    case vswitch::Action::unicast:
      if (decision.slot >= port.peers.size() || !port.peers[decision.slot].session) {
        return drops_.add(DropReason::no_path);
      }
      if (!prepare(frame, routed)) return drops_.add(DropReason::malformed_offload);
      routed.path = &port.peers[decision.slot];
      routed_.push_back(routed);
      return;
    case vswitch::Action::flood:
      if (!prepare(frame, routed)) return drops_.add(DropReason::malformed_offload);
      return flood(port, routed, out);
    case vswitch::Action::answer:
      return answer(port.device, Bytes(reply).first(decision.answer_size), out);
    case vswitch::Action::drop: return drops_.add(from_switch(decision.reason));
  }
}

bool Outbound::prepare(const DeviceFrame& frame, Routed& routed) {
  if (frame.offload.gso != vswitch::OffloadHeader::Gso::none) {
    const auto plan = Segmentation::plan(frame.frame, frame.offload);
    if (!plan) return false;
    routed.segmentation = segmentations_.size();
    routed.checksum = ChecksumState::pending;
    segmentations_.push_back(*plan);
    return true;
  }
  if (!frame.offload.needs_checksum) return true;
  const auto state = vswitch::settle_checksum(frame.frame, frame.offload);
  if (!state) return false;
  routed.checksum = *state;
  return true;
}

void Outbound::send_to_member(std::span<Routed> routed, DataOutput& out) {
  const PeerPath& path = *routed.front().path;
  std::size_t packets = 0;
  std::size_t bytes = 0;
  for (const Routed& entry : routed) {
    if (entry.path != &path) continue;
    if (entry.is_super_frame()) {
      const Segmentation& segments = segmentations_[entry.segmentation];
      packets += segments.count();
      for (std::size_t i = 0; i < segments.count(); ++i) {
        bytes += datagram_size(entry.form, segments.frame_size(i));
      }
    } else {
      ++packets;
      bytes += datagram_size(entry.form, entry.frame.size());
    }
  }
  const auto first = path.session->reserve(static_cast<std::uint32_t>(packets), bytes);
  if (!first) drops_.add(DropReason::session_exhausted, packets);

  std::uint64_t counter = first.value_or(0);
  for (Routed& entry : routed) {
    if (entry.path != &path) continue;
    entry.path = nullptr;
    if (!first) continue;
    if (!entry.is_super_frame()) {
      seal(path, counter++, entry.form, entry.frame, entry.checksum, out);
      continue;
    }
    Segmentation& segments = segmentations_[entry.segmentation];
    for (std::size_t i = 0; i < segments.count(); ++i) {
      seal(path, counter++, entry.form, segments.make(i, entry.frame), entry.checksum, out);
    }
  }
}

void Outbound::flood(const DeviceForwarding& port, const Routed& routed, DataOutput& out) {
  const std::size_t count =
      routed.is_super_frame() ? segmentations_[routed.segmentation].count() : 1;
  for (std::size_t i = 0; i < count; ++i) {
    MutableBytes frame = routed.frame;
    if (routed.is_super_frame()) frame = segmentations_[routed.segmentation].make(i, routed.frame);
    // One frame for all, whatever each of them can take.
    if (routed.checksum == ChecksumState::pending) vswitch::complete_transport_checksum(frame);
    for (const vswitch::PeerSlot slot : port.tables.flood()) {
      if (slot >= port.peers.size() || !port.peers[slot].session) continue;
      const auto counter =
          port.peers[slot].session->reserve(1, datagram_size(Form::full, frame.size()));
      if (!counter) {
        drops_.add(DropReason::session_exhausted);
        continue;
      }
      seal(port.peers[slot], *counter, Form::full, frame, ChecksumState::complete, out);
    }
  }
}

// The body is made where the frame lies: its first byte takes the place of the byte before.
void Outbound::seal(const PeerPath& path,
                    std::uint64_t counter,
                    Form form,
                    MutableBytes frame,
                    ChecksumState checksum,
                    DataOutput& out) {
  if (checksum == ChecksumState::pending && !path.session->takes_pending_checksums()) {
    vswitch::complete_transport_checksum(frame);
    checksum = ChecksumState::complete;
  }
  const std::size_t size = datagram_size(form, frame.size());
  if (size > SealedRun::kMaxBytes) return drops_.add(DropReason::oversized);
  const MutableBytes datagram = out.room_for_datagram(size);
  if (datagram.empty()) return drops_.add(DropReason::output_full);

  std::uint8_t* const body = frame.data() + left_out(form) - 1;
  *body = tunnel::body_first_byte(kind_of(form), checksum_bit(checksum));
  path.session->seal_with(counter, {body, 1 + frame.size() - left_out(form)}, datagram);
  out.add_datagram(path.endpoint, datagram);
}

void Outbound::answer(DeviceId device, Bytes frame, DataOutput& out) {
  const MutableBytes room = out.room_for(frame.size());
  if (room.empty()) return drops_.add(DropReason::output_full);
  std::memcpy(room.data(), frame.data(), frame.size());
  if (!out.add_answer(device, room)) drops_.add(DropReason::output_full);
}

}  // namespace lanyard::node
