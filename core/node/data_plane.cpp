// SPDX-License-Identifier: Apache-2.0
#include "core/node/data_plane.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <variant>

#include "core/vswitch/ethernet.h"

namespace lanyard::node {

namespace {

using tunnel::BodyKind;
using vswitch::kEthernetHeaderSize;

constexpr std::size_t kBodyOffset = tunnel::kDataHeaderSize + 1;  // behind the kind byte

// The largest UDP payload over IPv4: 65,535 - 20 - 8 (RFC 791, RFC 768).
constexpr std::size_t kMaxUdpPayload = 65'507;

// Keeps datagrams apart from each other's cache lines.
constexpr std::size_t kAlignment = 64;

DropReason from_switch(vswitch::DropReason reason) {
  switch (reason) {
    case vswitch::DropReason::none:
    case vswitch::DropReason::runt: break;
    case vswitch::DropReason::foreign_source: return DropReason::foreign_source;
    case vswitch::DropReason::spoofed_source: return DropReason::spoofed_source;
    case vswitch::DropReason::spoofed_address: return DropReason::spoofed_address;
    case vswitch::DropReason::unknown_destination: return DropReason::unknown_destination;
    case vswitch::DropReason::not_for_us: return DropReason::not_for_us;
  }
  return DropReason::runt;
}

DropReason from_session(tunnel::DataDrop reason) {
  switch (reason) {
    case tunnel::DataDrop::too_old:
    case tunnel::DataDrop::replayed: return DropReason::replayed;
    case tunnel::DataDrop::forged: return DropReason::forged;
    case tunnel::DataDrop::key_exhausted: return DropReason::session_exhausted;
    case tunnel::DataDrop::malformed:
    case tunnel::DataDrop::count_: break;
  }
  return DropReason::malformed;
}

BodyKind kind_of(vswitch::Form form) {
  switch (form) {
    case vswitch::Form::full: break;
    case vswitch::Form::ipv4: return BodyKind::ipv4;
    case vswitch::Form::ipv6: return BodyKind::ipv6;
  }
  return BodyKind::ethernet;
}

// Puts the Ethernet header that the sender left out in front of the packet. The 14 bytes before it
// are the datagram's own header, read already; where those are too few, the packet moves towards
// the tag, read already too.
//
//   datagram  | header 8 | kind 1 | options | packet | tag 16 |
//   frame                 | Ethernet 14     | packet |
MutableBytes restore_frame(const DeviceForwarding& port,
                           vswitch::PeerSlot slot,
                           MutableBytes datagram,
                           const tunnel::Body& body) {
  std::uint8_t* packet = body.payload.data();
  const auto offset = static_cast<std::size_t>(packet - datagram.data());
  if (offset < kEthernetHeaderSize) {
    packet = datagram.data() + kEthernetHeaderSize;
    std::memmove(packet, body.payload.data(), body.payload.size());
  }
  const MutableBytes frame{packet - kEthernetHeaderSize, kEthernetHeaderSize + body.payload.size()};
  const MacAddress* const source = port.tables.member_mac(slot);
  vswitch::write_ethernet_header(
      frame, port.tables.own_mac(), source != nullptr ? *source : MacAddress{},
      body.kind == BodyKind::ipv4 ? vswitch::kEtherTypeIpv4 : vswitch::kEtherTypeIpv6);
  return frame;
}
static_assert(kEthernetHeaderSize - kBodyOffset <= tunnel::kTagSize);

}  // namespace

DataOutput::DataOutput() : DataOutput(Capacity{}) {}

DataOutput::DataOutput(Capacity capacity)
    : capacity_(capacity), memory_(std::make_unique_for_overwrite<std::uint8_t[]>(capacity.bytes)) {
  datagrams_.reserve(capacity.items);
  frames_.reserve(capacity.items);
  control_.reserve(capacity.items);
  new_addresses_.reserve(capacity.items);
}

bool DataOutput::has_room() const {
  const std::size_t items =
      std::max({datagrams_.size(), frames_.size(), control_.size(), new_addresses_.size()});
  return used_ <= capacity_.bytes / 2 && items <= capacity_.items / 2;
}

void DataOutput::reset() {
  used_ = 0;
  datagrams_.clear();
  frames_.clear();
  control_.clear();
  new_addresses_.clear();
}

MutableBytes DataOutput::room_for(std::size_t bytes) {
  if (bytes > capacity_.bytes - used_) return {};
  return {memory_.get() + used_, bytes};
}

void DataOutput::take(MutableBytes room) {
  const std::size_t padded = (room.size() + kAlignment - 1) / kAlignment * kAlignment;
  used_ += std::min(padded, capacity_.bytes - used_);
}

void DataPlane::handle_frame(const Forwarding& forwarding,
                             DeviceId device,
                             Bytes frame,
                             DataOutput& out) {
  const DeviceForwarding* const port = forwarding.find_device(device);
  if (port == nullptr) return drops_.add(DropReason::unknown_device);

  std::array<std::uint8_t, vswitch::kLargestAnswer> reply;
  const vswitch::Decision decision = vswitch::route_from_device(port->tables, frame, reply);
  switch (decision.action) {
    case vswitch::Action::unicast:
      if (decision.slot >= port->peers.size() || !port->peers[decision.slot].session) {
        return drops_.add(DropReason::no_path);
      }
      return send(port->peers[decision.slot], decision.form, frame, out);
    case vswitch::Action::flood:
      for (const vswitch::PeerSlot slot : port->tables.flood()) {
        if (slot >= port->peers.size() || !port->peers[slot].session) continue;
        send(port->peers[slot], vswitch::Form::full, frame, out);
      }
      return;
    case vswitch::Action::answer:
      return answer(device, Bytes(reply).first(decision.answer_size), out);
    case vswitch::Action::drop: return drops_.add(from_switch(decision.reason));
  }
}

void DataPlane::send(const PeerPath& path, vswitch::Form form, Bytes frame, DataOutput& out) {
  if (form != vswitch::Form::full) frame = frame.subspan(kEthernetHeaderSize);
  const std::size_t size = kBodyOffset + frame.size() + tunnel::kTagSize;
  if (size > kMaxUdpPayload) return drops_.add(DropReason::oversized);

  const MutableBytes datagram = out.room_for(size);
  if (datagram.empty() || out.datagrams_.size() == out.capacity_.items) {
    return drops_.add(DropReason::output_full);
  }
  datagram[tunnel::kDataHeaderSize] = tunnel::body_first_byte(kind_of(form));
  std::memcpy(datagram.data() + kBodyOffset, frame.data(), frame.size());
  if (!path.session->seal(datagram)) return drops_.add(DropReason::session_exhausted);
  out.take(datagram);
  out.datagrams_.push_back({path.endpoint, datagram});
}

void DataPlane::answer(DeviceId device, Bytes frame, DataOutput& out) {
  const MutableBytes room = out.room_for(frame.size());
  if (room.empty() || out.frames_.size() == out.capacity_.items) {
    return drops_.add(DropReason::output_full);
  }
  std::memcpy(room.data(), frame.data(), frame.size());
  out.take(room);
  out.frames_.push_back({device, room});
}

void DataPlane::handle_datagram(const Forwarding& forwarding,
                                const Endpoint& from,
                                MutableBytes datagram,
                                DataOutput& out) {
  const auto header = tunnel::parse_data_header(datagram);
  if (!header) return drops_.add(DropReason::malformed);
  const SessionEntry* const entry = forwarding.find_session(header->receiver);
  if (entry == nullptr) return drops_.add(DropReason::unknown_session);

  const tunnel::OpenOutcome outcome = entry->session->open(datagram);
  if (const auto* const reason = std::get_if<tunnel::DataDrop>(&outcome)) {
    return drops_.add(from_session(*reason));
  }
  const tunnel::Body& body = *std::get_if<tunnel::Body>(&outcome);

  if (from != entry->endpoint && out.new_addresses_.size() < out.capacity_.items &&
      entry->new_address.take()) {
    out.new_addresses_.push_back({header->receiver, from});
  }
  if (body.kind == BodyKind::control) {
    if (out.control_.size() == out.capacity_.items) return drops_.add(DropReason::output_full);
    out.control_.push_back({header->receiver, from, body.payload});
    return;
  }
  if (body.kind != BodyKind::empty) handle_body(forwarding, *entry, datagram, body, out);
}

void DataPlane::handle_body(const Forwarding& forwarding,
                            const SessionEntry& entry,
                            MutableBytes datagram,
                            const tunnel::Body& body,
                            DataOutput& out) {
  const bool is_elided = body.kind == BodyKind::ipv4 || body.kind == BodyKind::ipv6;
  // A pending checksum is sent only to those who announced that they take it; we do not.
  if ((!is_elided && body.kind != BodyKind::ethernet) ||
      body.checksum == tunnel::Checksum::pending) {
    return drops_.add(DropReason::unknown_kind);
  }
  if (entry.use != SessionUse::frames) return drops_.add(DropReason::not_verified);
  const DeviceForwarding* const port = forwarding.find_device(entry.device);
  if (port == nullptr) return drops_.add(DropReason::unknown_device);
  deliver(*port, entry, is_elided ? restore_frame(*port, entry.slot, datagram, body) : body.payload,
          out);
}

void DataPlane::deliver(const DeviceForwarding& port,
                        const SessionEntry& entry,
                        Bytes frame,
                        DataOutput& out) {
  const auto reason = vswitch::admit_from_member(port.tables, entry.slot, frame);
  if (reason != vswitch::DropReason::none) return drops_.add(from_switch(reason));
  if (out.frames_.size() == out.capacity_.items) return drops_.add(DropReason::output_full);
  out.frames_.push_back({port.device, frame});
}

}  // namespace lanyard::node
