// SPDX-License-Identifier: Apache-2.0
#include "core/network/pending_items.h"

#include <algorithm>

namespace lanyard::network {

void PendingItems::add(Candidate candidate, const ItemKey& waits_for) {
  if (items_.size() == kMaxPending) items_.pop_front();
  items_.push_back({std::move(candidate), waits_for});
}

const ItemKey* PendingItems::find(const ItemKey& key, ItemVersion version) const {
  const auto it =
      std::find_if(items_.begin(), items_.end(), [&key, version](const Waiting& waiting) {
        return waiting.candidate.key == key && waiting.candidate.version == version;
      });
  return it == items_.end() ? nullptr : &it->waits_for;
}

std::vector<Candidate> PendingItems::take_waiting_for(const ItemKey& key) {
  std::vector<Candidate> out;
  std::deque<Waiting> rest;
  for (Waiting& waiting : items_) {
    if (waiting.waits_for == key) {
      out.push_back(std::move(waiting.candidate));
    } else {
      rest.push_back(std::move(waiting));
    }
  }
  items_ = std::move(rest);
  return out;
}

const Membership* PendingItems::membership(const MemberId& member) const {
  for (const Waiting& waiting : items_) {
    const auto* const membership = std::get_if<Membership>(&waiting.candidate.item);
    if (membership != nullptr && membership->member() == member) return membership;
  }
  return nullptr;
}

}  // namespace lanyard::network
