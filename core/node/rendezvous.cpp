// SPDX-License-Identifier: Apache-2.0
#include "core/node/rendezvous.h"

#include <algorithm>

namespace lanyard::node {

namespace {

// Nodes keep a peer for 15 to 45 min (BEP 5 names no time; implementations differ).
constexpr Duration kAnnounceEvery = minutes(12);
constexpr std::int64_t kAnnounceJitter = 5;   // a fifth either way: members do not march in step
constexpr Duration kFirstRetry = seconds(5);  // nobody took it; then after ever longer

}  // namespace

// What was announced for the next hour holds for this one when that has come: there is no crowd at
// the turn, and the new next hour is announced with the rest, in good time.
void Rendezvous::follow(Turn& turn, const network::AccessKeys& keys) {
  const auto hour = network::RendezvousHour::of(turn.wall);
  if (hour_ && hour_->number == hour.number) return;
  if (hour_ && hour_->next().number == hour.number) {
    if (meetings_[0].lookup) turn.dht.cancel(*meetings_[0].lookup);
    meetings_[0] = meetings_[1];
  } else {
    stop(turn);
    meetings_[0] = {.info_hash = {keys.rendezvous(hour)}, .lookup = std::nullopt};
    next_announce_ = turn.now;
  }
  meetings_[1] = {.info_hash = {keys.rendezvous(hour.next())}, .lookup = std::nullopt};
  hour_ = hour;
}

void Rendezvous::tick(Turn& turn, const network::AccessKeys& keys, Duration look_every) {
  if (turn.settings.dht_mode == DhtMode::off) return;
  follow(turn, keys);
  if (turn.now >= next_announce_) {
    next_announce_ = turn.now + turn.rng.jittered(kAnnounceEvery, kAnnounceJitter);
    last_look_ = turn.now;
    retry_after_ = was_refused_ ? std::min(retry_after_ * 2, kAnnounceEvery) : kFirstRetry;
    was_refused_ = false;
    for (Meeting& meeting : meetings_) look(turn, meeting, dht::Announce::yes);
  } else if (look_every > Duration{} && turn.now - last_look_ >= look_every) {
    last_look_ = turn.now;
    look(turn, meetings_[0], dht::Announce::no);
    if (network::RendezvousHour::is_ending(turn.wall)) look(turn, meetings_[1], dht::Announce::no);
  }
}

void Rendezvous::look(Turn& turn, Meeting& meeting, dht::Announce announce) {
  if (meeting.lookup) {
    if (announce == dht::Announce::no) return;  // the running one will do
    turn.dht.cancel(*meeting.lookup);
  }
  meeting.announce = announce;
  meeting.lookup = turn.dht.get_peers(turn.now, meeting.info_hash, announce, turn.out.datagrams,
                                      turn.dht_events);
}

void Rendezvous::lookup_done(Turn& turn, const dht::LookupDone& done) {
  for (Meeting& meeting : meetings_) {
    if (meeting.lookup != done.lookup) continue;
    meeting.lookup.reset();
    if (meeting.announce == dht::Announce::no) continue;
    if (done.stored_at > 0) continue;
    next_announce_ = earlier(next_announce_, turn.now + retry_after_);
    // Without a node nothing was sent, and one may turn up at any moment.
    if (done.answered > 0) was_refused_ = true;
  }
}

bool Rendezvous::owns(const dht::InfoHash& info_hash) const {
  return hour_ && std::any_of(meetings_.begin(), meetings_.end(), [&](const Meeting& meeting) {
           return meeting.info_hash == info_hash;
         });
}

void Rendezvous::stop(Turn& turn) {
  for (Meeting& meeting : meetings_) {
    if (meeting.lookup) turn.dht.cancel(*meeting.lookup);
    meeting.lookup.reset();
  }
  hour_.reset();
}

}  // namespace lanyard::node
