// SPDX-License-Identifier: Apache-2.0
#include "core/network/gossip.h"

#include "core/base/endian.h"

namespace lanyard::network {

namespace {

constexpr std::size_t kEntrySize = ItemKey::kSize + sizeof(ItemVersion);
// "d1:k4:recs1:ll" before the items, "eee" after them.
constexpr std::size_t kRecsEnvelope = 17;

static_assert(kMaxItemSize + kRecsEnvelope <= kMaxControlMessage);

}  // namespace

Buffer HavePage::pack_entries() const {
  Buffer out(entries.size() * kEntrySize);
  std::uint8_t* to = out.data();
  for (const Entry& entry : entries) {
    std::memcpy(to, entry.key.bytes.data(), ItemKey::kSize);
    store_be(to + ItemKey::kSize, entry.version);
    to += kEntrySize;
  }
  return out;
}

std::optional<HavePage> HavePage::parse(const ItemKey& first, const ItemKey& last, Bytes packed) {
  if (packed.size() % kEntrySize != 0 || packed.size() / kEntrySize > kHaveEntries ||
      last < first) {
    return std::nullopt;
  }
  HavePage page = {.first = first, .last = last, .entries = {}};
  for (; !packed.empty(); packed = packed.subspan(kEntrySize)) {
    const auto key = *ItemKey::from_bytes(packed.first(ItemKey::kSize));
    if (key < first || last < key) return std::nullopt;
    if (!page.entries.empty() && key <= page.entries.back().key) return std::nullopt;
    page.entries.push_back({key, load_be<ItemVersion>(packed.data() + ItemKey::kSize)});
  }
  return page;
}

std::optional<ItemKey> HavePage::next_first() const {
  if (last == kLastItemKey) return std::nullopt;
  ItemKey next;
  store_be(next.bytes.data(), load_be<std::uint64_t>(last.bytes.data()) + 1);
  return next;
}

Buffer pack_keys(const std::vector<ItemKey>& keys) {
  Buffer out;
  for (const ItemKey& key : keys) append(out, key.bytes);
  return out;
}

std::optional<std::vector<ItemKey>> parse_keys(Bytes packed) {
  if (packed.size() % ItemKey::kSize != 0 || packed.size() / ItemKey::kSize > kWantKeys) {
    return std::nullopt;
  }
  std::vector<ItemKey> out;
  for (; !packed.empty(); packed = packed.subspan(ItemKey::kSize)) {
    out.push_back(*ItemKey::from_bytes(packed.first(ItemKey::kSize)));
  }
  return out;
}

std::vector<std::vector<Bytes>> pack_items(const std::vector<Buffer>& items) {
  std::vector<std::vector<Bytes>> out;
  std::size_t room = 0;
  for (const Buffer& item : items) {
    if (item.size() > kMaxItemSize) continue;
    if (out.empty() || item.size() > room) {
      out.emplace_back();
      room = kMaxControlMessage - kRecsEnvelope;
    }
    out.back().push_back(item);
    room -= item.size();
  }
  return out;
}

}  // namespace lanyard::network
