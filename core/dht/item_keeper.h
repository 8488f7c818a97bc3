// SPDX-License-Identifier: Apache-2.0
// What this node stores of others' items, and what that may cost it: who may put how often, how
// many signatures are checked, how much is told to addresses that may be forged.
#pragma once

#include <cstdint>
#include <optional>

#include "core/base/endpoint.h"
#include "core/base/time.h"
#include "core/dht/item.h"
#include "core/dht/item_store.h"
#include "core/dht/krpc.h"
#include "core/dht/rate_limit.h"
#include "core/dht/settings.h"

namespace lanyard::dht {

class ItemKeeper {
 public:
  // own_id must outlive it.
  ItemKeeper(const Limits& limits, const NodeId& own_id);

  ItemStore& store() { return store_; }

  // Takes what a put brought; its token was right. The cheapest checks come first, the signature
  // last: whoever floods us with bad ones costs little. Nothing: stored.
  std::optional<ErrorCode> put(Instant now,
                               const IpAddress& from,
                               const Item& item,
                               std::optional<std::int64_t> replaces);
  // Whether one more item, many times as long as the question, may go to an address that may be
  // somebody else's. If so it counts.
  bool may_tell_unproven(Instant now, const IpAddress& to);

 private:
  bool may_verify(Instant now);

  Rate verify_rate_;
  Rate unproven_rate_;
  ItemStore store_;
  AddressLimits puts_;
  AddressLimits unproven_by_address_;
  RateLimit unproven_;
  RateLimit verifications_;
};

}  // namespace lanyard::dht
