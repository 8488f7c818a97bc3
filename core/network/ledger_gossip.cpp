// SPDX-License-Identifier: Apache-2.0
// The ledger as other rosters see it: keys, versions, bytes.
#include <algorithm>

#include "core/base/endian.h"
#include "core/crypto/hash.h"
#include "core/network/ledger.h"

namespace lanyard::network {

Digest Ledger::digest() const {
  HavePage all;
  for (const auto& [key, entry] : index_) all.entries.push_back({key, entry.version});
  const crypto::Hash256 hash = crypto::blake2b_256({all.pack_entries()});
  return *to_array<8>(Bytes(hash).first(8));
}

HavePage Ledger::have(const ItemKey& first) const {
  HavePage page = {.first = first, .last = kLastItemKey, .entries = {}};
  for (auto it = index_.lower_bound(first); it != index_.end(); ++it) {
    if (page.entries.size() == kHaveEntries) {
      page.last = page.entries.back().key;
      break;
    }
    page.entries.push_back({it->first, it->second.version});
  }
  return page;
}

Comparison Ledger::compare(const HavePage& page) const {
  Comparison out;
  const auto want = [this, &out](const HavePage::Entry& theirs) {
    if (out.want.size() < kWantKeys && find_refused(theirs.key, theirs.version) == nullptr &&
        pending_.find(theirs.key, theirs.version) == nullptr) {
      out.want.push_back(theirs.key);
    }
  };
  auto theirs = page.entries.begin();
  auto ours = index_.lower_bound(page.first);
  const auto ours_end = index_.upper_bound(page.last);
  while (theirs != page.entries.end() || ours != ours_end) {
    if (ours == ours_end || (theirs != page.entries.end() && theirs->key < ours->first)) {
      want(*theirs++);
    } else if (theirs == page.entries.end() || ours->first < theirs->key) {
      out.send.push_back((ours++)->first);
    } else {
      const Entry& held = ours->second;
      if (held.version != theirs->version) {
        const bool differs = !held.counts_upwards;
        if (differs || held.version > theirs->version) out.send.push_back(ours->first);
        if (differs || held.version < theirs->version) want(*theirs);
      }
      ++ours;
      ++theirs;
    }
  }
  return out;
}

const Buffer* Ledger::item(const ItemKey& key) const {
  const auto it = index_.find(key);
  return it == index_.end() ? nullptr : &it->second.bytes;
}

}  // namespace lanyard::network
