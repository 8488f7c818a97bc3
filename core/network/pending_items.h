// SPDX-License-Identifier: Apache-2.0
// Items that wait for another one: a membership for its witness's, a presence for its member, all
// for the charter. Bounded: the oldest goes when there is no room.
#pragma once

#include <deque>
#include <vector>

#include "core/base/time.h"
#include "core/network/item.h"

namespace lanyard::network {

inline constexpr std::size_t kMaxPending = 256;  // some messages of `recs` that overtook others

// An item whose own signatures, those that need no charter, have been checked.
struct Candidate {
  Item item;
  ItemKey key;
  ItemVersion version = 0;
  UnixTime first_seen;
};

class PendingItems {
 public:
  void add(Candidate candidate, const ItemKey& waits_for);
  // What this item waits for; nullptr when it is not here.
  const ItemKey* find(const ItemKey& key, ItemVersion version) const;
  // Removes and returns those that wait for this key, oldest first.
  std::vector<Candidate> take_waiting_for(const ItemKey& key);
  // A membership of this member, or nullptr.
  const Membership* membership(const MemberId& member) const;
  std::size_t size() const { return items_.size(); }

 private:
  struct Waiting {
    Candidate candidate;
    ItemKey waits_for;
  };

  std::deque<Waiting> items_;
};

}  // namespace lanyard::network
