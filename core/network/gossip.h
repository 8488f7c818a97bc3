// SPDX-License-Identifier: Apache-2.0
// What goes over the wire when two rosters are brought together: digests, pages of what one holds,
// and items packed so that every control message stays within its limit.
#pragma once

#include <array>
#include <optional>
#include <vector>

#include "core/base/bytes.h"
#include "core/network/item.h"

namespace lanyard::network {

inline constexpr std::size_t kMaxControlMessage = 1150;  // bytes; protocol.md section 6
// 16 bytes each: a `have` of 64 entries and a `want` of 128 keys have about 1,070 bytes.
inline constexpr std::size_t kHaveEntries = 64;
inline constexpr std::size_t kWantKeys = 128;

using Digest = std::array<std::uint8_t, 8>;

// All that its sender holds from first to last, both included, in ascending order.
struct HavePage {
  struct Entry {
    ItemKey key;
    ItemVersion version = 0;

    friend bool operator==(const Entry&, const Entry&) = default;
  };

  ItemKey first;
  ItemKey last;
  std::vector<Entry> entries;

  // `l` of the message: key 8, version 8, for each entry.
  Buffer pack_entries() const;
  // Nothing unless the entries are whole, ascending, within [first, last] and not too many.
  static std::optional<HavePage> parse(const ItemKey& first, const ItemKey& last, Bytes packed);
  // Where the next page begins; nothing after the last page.
  std::optional<ItemKey> next_first() const;
};

inline constexpr ItemKey kFirstItemKey{};
inline constexpr ItemKey kLastItemKey{{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}};

// `l` of a `want`: keys of 8 bytes.
Buffer pack_keys(const std::vector<ItemKey>& keys);
// Nothing unless the keys are whole and at most kWantKeys.
std::optional<std::vector<ItemKey>> parse_keys(Bytes packed);

// What to do about a page.
struct Comparison {
  std::vector<ItemKey> send;  // the other side lacks these, or has an older one
  std::vector<ItemKey> want;  // the other way around; at most kWantKeys
};

// Splits items over `recs` messages, in order: each list fits one message with its envelope. The
// views are into items. Items over kMaxItemSize are left out.
std::vector<std::vector<Bytes>> pack_items(const std::vector<Buffer>& items);

}  // namespace lanyard::network
