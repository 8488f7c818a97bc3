// SPDX-License-Identifier: Apache-2.0
#include "core/vswitch/forwarding.h"

#include "core/vswitch/arp.h"
#include "core/vswitch/ethernet.h"
#include "core/vswitch/neighbor_discovery.h"

namespace lanyard::vswitch {

namespace {

static_assert(kLargestAnswer >= kArpFrameSize && kLargestAnswer >= kAdvertisementFrameSize);

Decision drop(DropReason reason) { return {.action = Action::drop, .reason = reason}; }

Decision answered(std::size_t size) { return {.action = Action::answer, .answer_size = size}; }

// What a frame says or asks about addresses; at most one of the two.
struct AddressTalk {
  std::optional<ArpPacket> arp;
  std::optional<NeighborMessage> neighbor;
};

// The roster's addresses are those of the untagged network; inside VLANs they mean nothing.
AddressTalk find_address_talk(const FrameView& frame) {
  if (frame.tagging == Tagging::vlan) return {};
  if (frame.ether_type == kEtherTypeArp) return {.arp = parse_arp(frame.payload), .neighbor = {}};
  if (frame.ether_type == kEtherTypeIpv6) {
    return {.arp = {}, .neighbor = parse_neighbor_message(frame.payload)};
  }
  return {};
}

bool belongs_to_other(const SwitchTables& tables, const IpAddress& address, const MacAddress& mac) {
  const MacAddress* const owner = tables.find_neighbor(address);
  return owner != nullptr && *owner != mac;
}

// Whether the one with this MAC address speaks for an IP address of someone else.
bool is_spoofed(const SwitchTables& tables, const AddressTalk& talk, const MacAddress& speaker) {
  if (talk.arp) return belongs_to_other(tables, IpAddress::from_v4(talk.arp->sender), speaker);
  if (!talk.neighbor) return false;
  if (belongs_to_other(tables, IpAddress::from_v6(talk.neighbor->source), speaker)) return true;
  return talk.neighbor->type == NeighborMessageType::neighbor_advertisement &&
         talk.neighbor->target &&
         belongs_to_other(tables, IpAddress::from_v6(*talk.neighbor->target), speaker);
}

// Answers a question about an address of another member: the number of bytes, or 0.
std::size_t write_answer(const SwitchTables& tables, const AddressTalk& talk, MutableBytes out) {
  if (talk.arp && talk.arp->operation == ArpOperation::request) {
    const MacAddress* const mac = tables.find_neighbor(IpAddress::from_v4(talk.arp->target));
    // Nobody answers for our own address: such a request is a probe or an announcement.
    if (mac == nullptr || *mac == tables.own_mac()) return 0;
    write_arp_reply(out, *talk.arp, tables.own_mac(), *mac);
    return kArpFrameSize;
  }
  if (talk.neighbor && talk.neighbor->type == NeighborMessageType::neighbor_solicitation &&
      talk.neighbor->form == NeighborMessage::Form::well_formed && talk.neighbor->target) {
    const MacAddress* const mac = tables.find_neighbor(IpAddress::from_v6(*talk.neighbor->target));
    if (mac == nullptr || *mac == tables.own_mac()) return 0;
    write_neighbor_advertisement(out, *talk.neighbor, tables.own_mac(), *mac);
    return kAdvertisementFrameSize;
  }
  return 0;
}

Form form_of(const FrameView& frame) {
  if (frame.tagging != Tagging::none) return Form::full;
  if (frame.ether_type == kEtherTypeIpv4) return Form::ipv4;
  if (frame.ether_type == kEtherTypeIpv6) return Form::ipv6;
  return Form::full;
}

}  // namespace

Decision route_from_device(const SwitchTables& tables, Bytes frame, MutableBytes answer) {
  const auto view = parse_frame(frame);
  if (!view) return drop(DropReason::runt);
  if (view->source != tables.own_mac()) return drop(DropReason::foreign_source);

  const AddressTalk talk = find_address_talk(*view);
  if (is_spoofed(tables, talk, tables.own_mac())) return drop(DropReason::spoofed_address);
  if (view->tagging == Tagging::none) {
    const std::size_t size = write_answer(tables, talk, answer);
    if (size > 0) return answered(size);
  }

  if (view->destination.is_group()) return {.action = Action::flood};
  const auto slot = tables.find_member(view->destination);
  if (!slot) return drop(DropReason::unknown_destination);
  return {.action = Action::unicast, .form = form_of(*view), .slot = *slot};
}

DropReason admit_from_member(const SwitchTables& tables, PeerSlot slot, Bytes frame) {
  const auto view = parse_frame(frame);
  if (!view) return DropReason::runt;
  const MacAddress* const mac = tables.member_mac(slot);
  if (mac == nullptr || view->source != *mac) return DropReason::spoofed_source;
  if (!view->destination.is_group() && view->destination != tables.own_mac()) {
    return DropReason::not_for_us;
  }
  if (is_spoofed(tables, find_address_talk(*view), *mac)) return DropReason::spoofed_address;
  return DropReason::none;
}

}  // namespace lanyard::vswitch
