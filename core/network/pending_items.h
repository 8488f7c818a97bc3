// SPDX-License-Identifier: Apache-2.0
// Items that wait for another one: a membership for its witness's, a presence for its member, all
// for the charter. Bounded: the oldest goes when there is no room.
#pragma once

#include <deque>
#include <optional>
#include <vector>

#include "core/base/time.h"
#include "core/network/item.h"

namespace lanyard::network {

inline constexpr std::size_t kMaxPending = 256;

struct PendingItem {
  Item item;
  ItemKey key;
  ItemVersion version = 0;
  UnixTime first_seen;
  ItemKey waits_for;
};

class PendingItems {
 public:
  void add(PendingItem item);
  bool holds(const ItemKey& key, ItemVersion version) const;
  // Removes and returns those that wait for this key, oldest first.
  std::vector<PendingItem> take_waiting_for(const ItemKey& key);
  // A membership of this member, or nullptr.
  const Membership* membership(const MemberId& member) const;
  std::size_t size() const { return items_.size(); }

 private:
  std::deque<PendingItem> items_;
};

}  // namespace lanyard::network
