// SPDX-License-Identifier: Apache-2.0
// What the switch of one network knows, from the roster alone: whose MAC address is whose, which
// IP address has which MAC address, and who gets a copy of what is flooded. Nothing is learnt from
// traffic. Immutable once built, so any number of threads may read it; no look-up allocates.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "core/base/endpoint.h"
#include "core/base/mac_address.h"

namespace lanyard::vswitch {

// A member other than ourselves: its place in the list of members that the tables were built from.
using PeerSlot = std::uint16_t;

struct Neighbor {
  IpAddress address;
  MacAddress mac;
};

class SwitchTables {
 public:
  // All in any order; of two entries with one key the first counts.
  struct Contents {
    MacAddress own_mac;
    std::vector<MacAddress> members;  // by slot; our own is not among them
    std::vector<Neighbor> neighbors;  // overlay addresses of all members, our own included
    std::vector<PeerSlot> flood;      // who gets copies of broadcast and multicast frames
  };

  SwitchTables() = default;
  explicit SwitchTables(Contents contents);

  const MacAddress& own_mac() const { return own_mac_; }
  std::optional<PeerSlot> find_member(const MacAddress& mac) const;
  // nullptr: no such slot.
  const MacAddress* member_mac(PeerSlot slot) const;
  // nullptr: nobody's address. Borrowed from the tables.
  const MacAddress* find_neighbor(const IpAddress& address) const;
  std::span<const PeerSlot> flood() const { return flood_; }

 private:
  struct MemberEntry {
    MacAddress mac;
    PeerSlot slot = 0;
  };

  MacAddress own_mac_;
  std::vector<MacAddress> members_;        // by slot
  std::vector<MemberEntry> slots_by_mac_;  // ascending by mac
  std::vector<Neighbor> neighbors_;        // ascending by address
  std::vector<PeerSlot> flood_;            // ascending, each once
};

}  // namespace lanyard::vswitch
