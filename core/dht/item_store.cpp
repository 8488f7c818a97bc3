// SPDX-License-Identifier: Apache-2.0
#include "core/dht/item_store.h"

#include <algorithm>
#include <utility>

namespace lanyard::dht {

const Item* ItemStore::find(Instant now, const ItemTarget& target) const {
  const auto it = items_.find(target);
  return it == items_.end() || it->second.expires_at <= now ? nullptr : &it->second.item;
}

bool ItemStore::has_room(Instant now, const ItemTarget& target, const IpAddress& from) {
  const auto fits = [&] {
    if (items_.contains(target)) return true;
    if (!is_within_quota(from)) return false;
    return items_.size() < limits_.stored_items ||
           is_closer(target.position(), farthest()->first.position(), own_id_);
  };
  if (fits()) return true;
  drop_expired(now);
  return fits();
}

// BEP 44: cas first, and only against what there is; then never back, and no second value for one
// sequence number.
std::optional<ErrorCode> ItemStore::refusal(Instant now,
                                            const Item& item,
                                            std::optional<std::int64_t> replaces) const {
  const auto* version = std::get_if<MutableItem>(&item);
  if (version == nullptr) return std::nullopt;
  const Item* known = find(now, version->target());
  if (known == nullptr) return std::nullopt;
  const auto* stored = std::get_if<MutableItem>(known);
  // An immutable item of the same target: the hash was broken.
  if (stored == nullptr) return ErrorCode::server;
  if (replaces && *replaces != stored->sequence) return ErrorCode::cas_mismatch;
  if (version->sequence < stored->sequence) return ErrorCode::old_sequence;
  if (version->sequence == stored->sequence && version->value != stored->value) {
    return ErrorCode::old_sequence;
  }
  return std::nullopt;
}

bool ItemStore::holds(Instant now, const Item& item) const {
  const Item* known = find(now, target_of(item));
  return known != nullptr && *known == item;
}

bool ItemStore::add(Instant now, const IpAddress& from, const Item& item) {
  const ItemTarget target = target_of(item);
  if (!has_room(now, target, from)) return false;
  const Instant expires_at = now + limits_.item_lifetime;
  if (const auto it = items_.find(target); it != items_.end()) {
    Stored& stored = it->second;
    stored.item = item;
    stored.expires_at = expires_at;
    pay_from(stored, from);
    return true;
  }
  if (items_.size() >= limits_.stored_items) remove(farthest());
  items_.emplace(target, Stored{item, from, expires_at});
  ++items_by_address_[from];
  return true;
}

void ItemStore::drop_expired(Instant now) {
  for (auto it = items_.cbegin(); it != items_.cend();) {
    const auto next = std::next(it);
    if (it->second.expires_at <= now) remove(it);
    it = next;
  }
}

ItemStore::Items::const_iterator ItemStore::farthest() const {
  return std::max_element(items_.begin(), items_.end(), [this](const auto& a, const auto& b) {
    return is_closer(a.first.position(), b.first.position(), own_id_);
  });
}

void ItemStore::remove(Items::const_iterator it) {
  const auto count = items_by_address_.find(it->second.from);
  if (--count->second == 0) items_by_address_.erase(count);
  items_.erase(it);
}

bool ItemStore::is_within_quota(const IpAddress& from) const {
  const auto it = items_by_address_.find(from);
  return it == items_by_address_.end() || it->second < limits_.items_per_address;
}

// Whoever puts an item again, at a new address maybe, is the one that it is stored for.
void ItemStore::pay_from(Stored& stored, const IpAddress& from) {
  if (stored.from == from || !is_within_quota(from)) return;
  const auto count = items_by_address_.find(stored.from);
  if (--count->second == 0) items_by_address_.erase(count);
  ++items_by_address_[from];
  stored.from = from;
}

}  // namespace lanyard::dht
