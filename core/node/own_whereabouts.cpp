// SPDX-License-Identifier: Apache-2.0
#include "core/node/own_whereabouts.h"

#include <algorithm>
#include <limits>

namespace lanyard::node {

namespace {

// At a start, or in a new place, addresses become known one by one, and what is put is not put
// again for a minute.
constexpr Duration kSettling = seconds(4);

}  // namespace

// What was told for the next hour holds for this one when that has come.
void OwnWhereabouts::follow(Turn& turn) {
  const auto hour = network::RendezvousHour::of(turn.wall);
  if (hour_ && hour_->number == hour.number) return;
  if (hour_ && hour_->next().number == hour.number) {
    turn.dht.release_item(told_[0].target);
    told_[0] = told_[1];
    told_[1] = {};
  } else {
    stop(turn);
  }
  hour_ = hour;
}

void OwnWhereabouts::tick(Turn& turn,
                          const network::AccessKeys& keys,
                          const network::Presence& presence) {
  if (turn.settings.dht_mode == DhtMode::off || presence.terms().endpoints.empty()) return;
  follow(turn);
  if (presence.terms().sequence != presence_sequence_) {
    presence_sequence_ = presence.terms().sequence;
    if (turn.now >= settles_at_) settles_at_ = turn.now + kSettling;
    for (Told& told : told_) told.is_due = true;
  }
  if (turn.now < settles_at_) return;
  if (told_[0].is_due) tell(turn, told_[0], *hour_, keys, presence);
  if (told_[1].is_due) tell(turn, told_[1], hour_->next(), keys, presence);
}

void OwnWhereabouts::tell(Turn& turn,
                          Told& told,
                          network::RendezvousHour hour,
                          const network::AccessKeys& keys,
                          const network::Presence& presence) {
  const crypto::ItemKey key = network::whereabouts_key(keys, hour, presence.member());
  const Buffer value = network::seal_whereabouts(keys, hour, presence, turn.rng);
  told.sequence = std::max(turn.wall.seconds * 1000, told.sequence + 1);
  told.is_due = false;
  const auto item = dht::sign_item(key, {}, told.sequence, value);
  if (!item) return;  // does not occur: a clock before 1970
  told.target = item->target();
  turn.dht.keep_item(turn.now, *item, turn.out.datagrams, turn.dht_events);
}

bool OwnWhereabouts::item_found(const dht::ItemFound& found) {
  const auto told = std::find_if(told_.begin(), told_.end(), [&](const Told& one) {
    return one.sequence > 0 && one.target == found.target;
  });
  if (told == told_.end()) return false;
  const auto sequence = dht::sequence_of(found.item);
  if (sequence && *sequence >= told->sequence) {
    // Beyond this there is no newer one.
    told->sequence = std::min(*sequence, std::numeric_limits<std::int64_t>::max() - 1);
    told->is_due = true;
  }
  return true;
}

void OwnWhereabouts::stop(Turn& turn) {
  for (Told& told : told_) {
    if (told.sequence > 0) turn.dht.release_item(told.target);
    told = {};
  }
  hour_.reset();
  presence_sequence_ = 0;
}

}  // namespace lanyard::node
