// SPDX-License-Identifier: Apache-2.0
// The decisions of the switch, as pure functions of its tables and one frame: where a frame from
// the own device goes, and whether a frame from a member may reach the device. A member can speak
// only for its own MAC and IP addresses, and frames from members never go on to other members
// (split horizon: a full mesh cannot loop). No allocation, no state, no counters.
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/base/bytes.h"
#include "core/vswitch/tables.h"

namespace lanyard::vswitch {

enum class DropReason : std::uint8_t {
  none,
  runt,                 // shorter than an Ethernet header
  foreign_source,       // from the device, but not from its own MAC address
  spoofed_source,       // from a member, with a MAC address that is not its own
  spoofed_address,      // speaks (ARP, neighbor discovery) for an IP address of another member
  unknown_destination,  // to a unicast MAC address that is no member's
  not_for_us,           // from a member, to a unicast MAC address that is not ours
};

// Largest answer that route_from_device() writes: Ethernet 14, IPv6 40, neighbor advertisement 32.
inline constexpr std::size_t kLargestAnswer = 86;

enum class Action : std::uint8_t {
  unicast,  // to the member in `slot`
  flood,    // a copy to each member of the flood list
  answer,   // nothing leaves; `answer_size` bytes of reply go back to the device
  drop,     // for `reason`
};

// How a unicast frame travels: whole, or as an IP packet whose Ethernet header the receiver
// restores (protocol.md section 5, kinds 2 and 3).
enum class Form : std::uint8_t { full, ipv4, ipv6 };

struct Decision {
  Action action = Action::drop;
  Form form = Form::full;
  PeerSlot slot = 0;
  DropReason reason = DropReason::none;
  std::size_t answer_size = 0;
};

// Both spans are borrowed for the call; `answer` has room for kLargestAnswer bytes.
Decision route_from_device(const SwitchTables& tables, Bytes frame, MutableBytes answer);

// DropReason::none: deliver the frame to the device. The frame is borrowed for the call.
DropReason admit_from_member(const SwitchTables& tables, PeerSlot slot, Bytes frame);

}  // namespace lanyard::vswitch
