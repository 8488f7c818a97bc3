// SPDX-License-Identifier: Apache-2.0
// The items that others (and we) put at this node, each until two hours after its last put. Bounded
// in number, and in what one address may fill; of a full store the item that is farthest from our
// id gives way to a nearer one, for that is where it is looked for least. Checks no signature.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>

#include "core/base/endpoint.h"
#include "core/base/time.h"
#include "core/dht/item.h"
#include "core/dht/krpc.h"
#include "core/dht/settings.h"

namespace lanyard::dht {

class ItemStore {
 public:
  // own_id must outlive it.
  ItemStore(const Limits& limits, const NodeId& own_id) : limits_(limits), own_id_(own_id) {}

  // Borrowed until the store is changed; nullptr: not here.
  const Item* find(Instant now, const ItemTarget& target) const;

  // Whether an item of this target that comes from this address would find room.
  bool has_room(Instant now, const ItemTarget& target, const IpAddress& from);
  // Why this version cannot take the place of what is here; has_room() apart. replaces is cas.
  std::optional<ErrorCode> refusal(Instant now,
                                   const Item& item,
                                   std::optional<std::int64_t> replaces) const;
  // The very same is here, signature included, so that there is nothing to verify.
  bool holds(Instant now, const Item& item) const;
  // Stores or renews what is not refused. False: no room.
  bool add(Instant now, const IpAddress& from, const Item& item);

  std::size_t size() const { return items_.size(); }

 private:
  struct Stored {
    Item item;
    IpAddress from;  // the address that put it last and had room for it
    Instant expires_at;
  };
  using Items = std::map<ItemTarget, Stored>;

  void drop_expired(Instant now);
  Items::const_iterator farthest() const;
  void remove(Items::const_iterator it);
  bool is_within_quota(const IpAddress& from) const;
  void pay_from(Stored& stored, const IpAddress& from);

  Limits limits_;
  const NodeId& own_id_;
  Items items_;
  std::map<IpAddress, std::size_t> items_by_address_;
};

}  // namespace lanyard::dht
