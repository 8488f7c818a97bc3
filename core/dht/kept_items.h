// SPDX-License-Identifier: Apache-2.0
// The items that our owner wants kept in the DHT: when each is to be put again. Sends nothing.
#pragma once

#include <cstdint>
#include <map>
#include <optional>

#include "core/base/rng.h"
#include "core/base/time.h"
#include "core/dht/dht.h"
#include "core/dht/item.h"

namespace lanyard::dht {

class KeptItems {
 public:
  static constexpr std::size_t kMaxItems = 256;  // some 300 kB; each costs a lookup every 45 min
  // Well within the hour that BEP 44 asks for.
  static constexpr Duration kInterval = minutes(45);
  static constexpr Duration kAtLeastApart = seconds(60);

  // rng must outlive it.
  explicit KeptItems(Rng& rng) : rng_(rng) {}

  // A new version of an item that is kept takes its place and its lookup's id; of any other that id
  // is the one given. Nothing: there are too many.
  std::optional<LookupId> keep(Instant now, const Item& item, LookupId fresh);
  // The id of its lookup, if it was kept.
  std::optional<LookupId> release(const ItemTarget& target);

  bool holds(LookupId lookup) const;

  struct Publication {
    LookupId lookup{};
    Item item;
  };
  // To be put now; note_done() follows.
  std::optional<Publication> take_due(Instant now);
  // A lookup has ended, of whatever kind.
  void note_done(Instant now, const ItemDone& done);

  Instant next_timeout() const;

 private:
  struct Kept {
    LookupId lookup{};
    Item item;
    Instant due_at;
    Instant begun_at = Instant::long_ago();
    std::uint8_t failures = 0;
    bool is_under_way = false;
  };

  Duration pause_after(Kept& kept, const ItemDone& done);

  Rng& rng_;
  std::map<ItemTarget, Kept> items_;
};

}  // namespace lanyard::dht
