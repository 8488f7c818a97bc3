// SPDX-License-Identifier: Apache-2.0
#include "core/node/inbound.h"

#include <algorithm>
#include <variant>

#include "core/vswitch/ethernet.h"
#include "core/vswitch/forwarding.h"

namespace lanyard::node {

namespace {

using tunnel::BodyKind;
using vswitch::kEthernetHeaderSize;

DropReason from_switch(vswitch::DropReason reason) {
  switch (reason) {
    case vswitch::DropReason::spoofed_source: return DropReason::spoofed_source;
    case vswitch::DropReason::spoofed_address: return DropReason::spoofed_address;
    case vswitch::DropReason::not_for_us: return DropReason::not_for_us;
    default: return DropReason::runt;
  }
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

// Puts the Ethernet header that the sender left out in front of the packet: over the datagram's own
// header, and five bytes of what lies before that, which is the tag of the datagram before (opened
// already) or the run's headroom.
//
//   | … tag 16 | header 8 | kind 1 | packet …
//          | Ethernet 14           | packet …
MutableBytes restore_frame(const DeviceForwarding& port,
                           vswitch::PeerSlot slot,
                           const tunnel::Body& body) {
  const MutableBytes frame{body.payload.data() - kEthernetHeaderSize,
                           kEthernetHeaderSize + body.payload.size()};
  const MacAddress* const source = port.tables.member_mac(slot);
  vswitch::write_ethernet_header(
      frame, port.tables.own_mac(), source != nullptr ? *source : MacAddress{},
      body.kind == BodyKind::ipv4 ? vswitch::kEtherTypeIpv4 : vswitch::kEtherTypeIpv6);
  return frame;
}
static_assert(kEthernetHeaderSize - tunnel::kDataHeaderSize - 1 <= tunnel::kTagSize);
static_assert(kEthernetHeaderSize - tunnel::kDataHeaderSize - 1 <= ReceivedRun::kHeadroom);

vswitch::ChecksumState checksum_state(const tunnel::Body& body) {
  return body.checksum == tunnel::Checksum::pending ? vswitch::ChecksumState::pending
                                                    : vswitch::ChecksumState::complete;
}

}  // namespace

void Inbound::handle_run(const Forwarding& forwarding, const ReceivedRun& run, DataOutput& out) {
  MutableBytes rest = run.bytes;
  std::size_t size = 0;
  tunnel::SessionIndex receiver = 0;
  const auto open_gathered = [&] {
    open_batch(forwarding, receiver, run.from, std::span(batch_).first(size), out);
    size = 0;
  };
  while (!rest.empty()) {
    const std::size_t whole = std::min(run.segment_size, rest.size());
    const MutableBytes datagram = rest.subspan(run.prefix, whole - run.prefix);
    rest = rest.subspan(whole);
    const auto header = tunnel::parse_data_header(datagram);
    if (!header) {
      drops_.add(DropReason::malformed);
      continue;
    }
    if (size == kBatch || (size != 0 && header->receiver != receiver)) open_gathered();
    receiver = header->receiver;
    batch_[size++].datagram = datagram;
  }
  if (size != 0) open_gathered();
}

void Inbound::expect_session(tunnel::SessionIndex index) {
  expected_[next_expected_] = {index, kEarly};
  next_expected_ = (next_expected_ + 1) % kExpected;
}

bool Inbound::is_expected(tunnel::SessionIndex receiver) {
  for (Expected& expected : expected_) {
    if (expected.index != receiver || expected.left == 0) continue;
    --expected.left;
    return true;
  }
  return false;
}

void Inbound::set_aside(tunnel::SessionIndex receiver,
                        const Endpoint& from,
                        std::span<const tunnel::Incoming> batch,
                        DataOutput& out) {
  for (const tunnel::Incoming& incoming : batch) {
    const bool is_early = is_expected(receiver) && out.add_early({from, incoming.datagram});
    if (!is_early) drops_.add(DropReason::unknown_session);
  }
}

void Inbound::open_batch(const Forwarding& forwarding,
                         tunnel::SessionIndex receiver,
                         const Endpoint& from,
                         std::span<tunnel::Incoming> batch,
                         DataOutput& out) {
  const SessionEntry* const entry = forwarding.find_session(receiver);
  if (entry == nullptr) return set_aside(receiver, from, batch, out);
  const DeviceForwarding* const port = forwarding.find_device(entry->device);
  entry->session->open(batch);
  const bool is_elsewhere = from != entry->endpoint;
  for (const tunnel::Incoming& incoming : batch) {
    if (const auto* const reason = std::get_if<tunnel::DataDrop>(&incoming.outcome)) {
      drops_.add(from_session(*reason));
      continue;
    }
    if (is_elsewhere && entry->new_address.take() && !out.add_new_address({receiver, from})) {
      entry->new_address.rearm();
    }
    handle_body(*entry, port, from, *std::get_if<tunnel::Body>(&incoming.outcome), out);
  }
}

void Inbound::handle_body(const SessionEntry& entry,
                          const DeviceForwarding* port,
                          const Endpoint& from,
                          const tunnel::Body& body,
                          DataOutput& out) {
  switch (body.kind) {
    case BodyKind::empty: return;
    case BodyKind::control:
      if (!out.add_control({entry.session->local_index(), from, body.payload})) {
        drops_.add(DropReason::output_full);
      }
      return;
    case BodyKind::ethernet:
    case BodyKind::ipv4:
    case BodyKind::ipv6: return deliver(entry, port, body, out);
    case BodyKind::fragment: break;
  }
  drops_.add(DropReason::unknown_kind);
}

void Inbound::deliver(const SessionEntry& entry,
                      const DeviceForwarding* port,
                      const tunnel::Body& body,
                      DataOutput& out) {
  if (entry.use != SessionUse::frames) return drops_.add(DropReason::not_verified);
  if (port == nullptr) return drops_.add(DropReason::unknown_device);
  const MutableBytes frame =
      body.kind == BodyKind::ethernet ? body.payload : restore_frame(*port, entry.slot, body);
  const auto reason = vswitch::admit_from_member(port->tables, entry.slot, frame);
  if (reason != vswitch::DropReason::none) return drops_.add(from_switch(reason));
  if (!out.frames().add(port->device, frame, checksum_state(body))) {
    drops_.add(DropReason::output_full);
  }
}

}  // namespace lanyard::node
