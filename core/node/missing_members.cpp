// SPDX-License-Identifier: Apache-2.0
#include "core/node/missing_members.h"

#include <algorithm>

namespace lanyard::node {

namespace {

constexpr Duration kFirstSearch = seconds(3);  // addresses that are remembered come first
constexpr Duration kFirstPause = seconds(15);  // then twice as long each time
constexpr Duration kCalmPause = minutes(2);    // about as long as others go on calling us
constexpr Duration kLongestPause = minutes(30);
constexpr std::size_t kSearchesAtOnce = 4;
// A lookup moves some 10 kB: one a minute, when it has become calm, is 200 bytes a second, whoever
// and how many are missing.
constexpr Duration kBetweenSearches = minutes(1);
constexpr std::int64_t kSearchesBeforeThat = 16;

}  // namespace

void MissingMembers::follow(Turn& turn, const std::vector<network::MemberId>& missing) {
  std::erase_if(absences_, [&missing](const auto& entry) {
    return std::find(missing.begin(), missing.end(), entry.first) == missing.end();
  });
  for (const network::MemberId& member : missing) {
    absences_.try_emplace(member, Absence{turn.now + kFirstSearch, kFirstPause});
  }
}

void MissingMembers::tick(Turn& turn,
                          const network::AccessKeys& keys,
                          const std::vector<network::MemberId>& missing) {
  if (turn.settings.dht_mode == DhtMode::off) return;
  follow(turn, missing);
  const Duration longest = std::clamp(kBetweenSearches * static_cast<std::int64_t>(missing.size()),
                                      kCalmPause, kLongestPause);
  while (!absences_.empty() && searches_.size() < kSearchesAtOnce && turn.now >= next_search_) {
    // Who has waited for longest, so that none of many is forgotten.
    auto& [member, absence] = *std::min_element(
        absences_.begin(), absences_.end(),
        [](const auto& a, const auto& b) { return a.second.next_search < b.second.next_search; });
    if (turn.now < absence.next_search) return;
    absence.next_search = turn.now + turn.rng.jittered(absence.pause, 5);
    absence.pause = std::min(absence.pause * 2, longest);
    // A burst at first, for all who are missing after a restart.
    next_search_ = std::max(next_search_, turn.now - kBetweenSearches * kSearchesBeforeThat) +
                   kBetweenSearches;
    const auto hour = network::RendezvousHour::of(turn.wall);
    search(turn, keys, member, hour);
    if (network::RendezvousHour::is_ending(turn.wall)) search(turn, keys, member, hour.next());
  }
}

void MissingMembers::search(Turn& turn,
                            const network::AccessKeys& keys,
                            const network::MemberId& member,
                            network::RendezvousHour hour) {
  const auto key = network::whereabouts_key(keys, hour, member).public_key();
  const dht::LookupId lookup =
      turn.dht.get_item(turn.now, key, {}, {}, turn.out.datagrams, turn.dht_events);
  searches_.emplace(lookup, Search{member, hour});
}

std::optional<network::Presence> MissingMembers::item_found(const network::AccessKeys& keys,
                                                            const dht::ItemFound& found) const {
  const auto search = searches_.find(found.lookup);
  if (search == searches_.end()) return std::nullopt;
  const auto& [member, hour] = search->second;
  return network::open_whereabouts(keys, hour, member, dht::value_of(found.item));
}

void MissingMembers::item_done(const dht::ItemDone& done) { searches_.erase(done.lookup); }

void MissingMembers::stop(Turn& turn) {
  for (const auto& [lookup, search] : searches_) turn.dht.cancel(lookup);
  searches_.clear();
  absences_.clear();
}

}  // namespace lanyard::node
