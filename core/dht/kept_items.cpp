// SPDX-License-Identifier: Apache-2.0
#include "core/dht/kept_items.h"

#include <algorithm>

namespace lanyard::dht {

namespace {

constexpr std::int64_t kJitter = 5;         // a fifth: nobody shall see a clock in our puts
constexpr std::uint8_t kMostDoublings = 2;  // nobody took it: again after 1, 2, 4, 4, ... min

}  // namespace

std::optional<LookupId> KeptItems::keep(Instant now, const Item& item, LookupId fresh) {
  const ItemTarget target = target_of(item);
  if (const auto it = items_.find(target); it != items_.end()) {
    Kept& kept = it->second;
    if (kept.item == item) return kept.lookup;
    kept.item = item;
    kept.failures = 0;
    kept.due_at = earlier(kept.due_at, std::max(now, kept.begun_at + kAtLeastApart));
    return kept.lookup;
  }
  if (items_.size() >= kMaxItems) return std::nullopt;
  items_.emplace(target, Kept{.lookup = fresh, .item = item, .due_at = now});
  return fresh;
}

std::optional<LookupId> KeptItems::release(const ItemTarget& target) {
  const auto it = items_.find(target);
  if (it == items_.end()) return std::nullopt;
  const LookupId lookup = it->second.lookup;
  items_.erase(it);
  return lookup;
}

bool KeptItems::holds(LookupId lookup) const {
  return std::any_of(items_.begin(), items_.end(),
                     [lookup](const auto& entry) { return entry.second.lookup == lookup; });
}

std::optional<KeptItems::Publication> KeptItems::take_due(Instant now) {
  for (auto& [target, kept] : items_) {
    if (kept.is_under_way || kept.due_at > now) continue;
    kept.is_under_way = true;
    kept.begun_at = now;
    kept.due_at = Instant::never();
    return Publication{kept.lookup, kept.item};
  }
  return std::nullopt;
}

void KeptItems::note_done(Instant now, const ItemDone& done) {
  const auto it = items_.find(done.target);
  if (it == items_.end() || it->second.lookup != done.lookup) return;
  Kept& kept = it->second;
  kept.is_under_way = false;
  // A change that came meanwhile is due sooner.
  kept.due_at = earlier(kept.due_at, now + pause_after(kept, done));
}

Duration KeptItems::pause_after(Kept& kept, const ItemDone& done) {
  if (done.stored_at > 0 || done.conflict != Conflict::none) {
    kept.failures = 0;
    return rng_.jittered(kInterval, kJitter);
  }
  const Duration pause = kAtLeastApart * (std::int64_t{1} << kept.failures);
  kept.failures = std::min<std::uint8_t>(kept.failures + 1, kMostDoublings);
  return rng_.jittered(pause, kJitter);
}

Instant KeptItems::next_timeout() const {
  Instant first = Instant::never();
  for (const auto& [target, kept] : items_) {
    if (!kept.is_under_way) first = earlier(first, kept.due_at);
  }
  return first;
}

}  // namespace lanyard::dht
