// SPDX-License-Identifier: Apache-2.0
#include "core/dht/item_keeper.h"

namespace lanyard::dht {

ItemKeeper::ItemKeeper(const Limits& limits, const NodeId& own_id)
    : verify_rate_{limits.verify_burst, limits.verify_interval},
      unproven_rate_{limits.unproven_burst, limits.unproven_interval},
      store_(limits, own_id),
      puts_({limits.put_burst_per_address, limits.put_interval_per_address}),
      unproven_by_address_(
          {limits.unproven_burst_per_address, limits.unproven_interval_per_address}) {}

std::optional<ErrorCode> ItemKeeper::put(Instant now,
                                         const IpAddress& from,
                                         const Item& item,
                                         std::optional<std::int64_t> replaces) {
  if (!puts_.allows(now, from)) return ErrorCode::server;
  puts_.spend(now, from);
  if (const auto refusal = store_.refusal(now, item, replaces)) return refusal;
  if (!store_.has_room(now, target_of(item), from)) return ErrorCode::server;
  const auto* version = std::get_if<MutableItem>(&item);
  if (version != nullptr && !store_.holds(now, item)) {
    if (!may_verify(now)) return ErrorCode::server;
    if (!is_genuine(*version)) return ErrorCode::bad_signature;
  }
  store_.add(now, from, item);
  return std::nullopt;
}

bool ItemKeeper::may_tell_unproven(Instant now, const IpAddress& to) {
  if (unproven_.allowed_at(unproven_rate_) > now || !unproven_by_address_.allows(now, to)) {
    return false;
  }
  unproven_.spend(now, unproven_rate_);
  unproven_by_address_.spend(now, to);
  return true;
}

bool ItemKeeper::may_verify(Instant now) {
  if (verifications_.allowed_at(verify_rate_) > now) return false;
  verifications_.spend(now, verify_rate_);
  return true;
}

}  // namespace lanyard::dht
