// SPDX-License-Identifier: Apache-2.0
#include "core/vswitch/tables.h"

#include <algorithm>
#include <cassert>
#include <limits>
#include <utility>

namespace lanyard::vswitch {

SwitchTables::SwitchTables(Contents contents)
    : own_mac_(contents.own_mac),
      members_(std::move(contents.members)),
      neighbors_(std::move(contents.neighbors)),
      flood_(std::move(contents.flood)) {
  assert(members_.size() <= std::numeric_limits<PeerSlot>::max());
  slots_by_mac_.reserve(members_.size());
  for (std::size_t slot = 0; slot < members_.size(); ++slot) {
    slots_by_mac_.push_back({members_[slot], static_cast<PeerSlot>(slot)});
  }
  std::ranges::stable_sort(slots_by_mac_, {}, &MemberEntry::mac);
  std::ranges::stable_sort(neighbors_, {}, &Neighbor::address);
  std::ranges::sort(flood_);
  flood_.erase(std::unique(flood_.begin(), flood_.end()), flood_.end());
}

std::optional<PeerSlot> SwitchTables::find_member(const MacAddress& mac) const {
  const auto at = std::ranges::lower_bound(slots_by_mac_, mac, {}, &MemberEntry::mac);
  if (at == slots_by_mac_.end() || at->mac != mac) return std::nullopt;
  return at->slot;
}

const MacAddress* SwitchTables::member_mac(PeerSlot slot) const {
  return slot < members_.size() ? &members_[slot] : nullptr;
}

const MacAddress* SwitchTables::find_neighbor(const IpAddress& address) const {
  const auto at = std::ranges::lower_bound(neighbors_, address, {}, &Neighbor::address);
  if (at == neighbors_.end() || at->address != address) return nullptr;
  return &at->mac;
}

}  // namespace lanyard::vswitch
