// SPDX-License-Identifier: Apache-2.0
// Between items and the fields of a message that carry them: what others sent is judged here,
// cheapest checks first. A signature is looked at last, by whoever wants to pay for it.
#pragma once

#include <optional>
#include <variant>

#include "core/dht/item.h"
#include "core/dht/krpc.h"

namespace lanyard::dht {

// The item that a put brings, its signature unchecked, or the error to answer with.
std::variant<Item, ErrorCode> item_of_put(const ItemFields& fields);

// View the item: as long-lived as it.
ItemFields fields_of(const ImmutableItem& item);
ItemFields fields_of(const MutableItem& item);
ItemFields fields_of(const Item& item);

}  // namespace lanyard::dht
