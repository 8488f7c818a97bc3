// SPDX-License-Identifier: Apache-2.0
#include "core/dht/searches.h"

#include <algorithm>
#include <utility>

namespace lanyard::dht {

namespace {

// Far more than the networks of one node need at once.
constexpr std::size_t kMaxSearches = 64;
// Seeds from our own table: more than a bucket, for some may be gone.
constexpr std::size_t kSeeds = 2 * kBucketSize;
constexpr std::size_t kMaxReported = 500;
constexpr std::size_t kMaxRecent = 32;
// Rendezvous hashes change by the hour.
constexpr Duration kRecentFor = hours(1);

}  // namespace

void Searches::add_for_peers(
    Instant now, LookupId lookup, const InfoHash& info_hash, Announce announce, Events& events) {
  if (searches_.size() >= kMaxSearches) {
    events.push_back(LookupDone{.lookup = lookup, .info_hash = info_hash});
    return;
  }
  const auto id = static_cast<std::uint64_t>(lookup);
  searches_.emplace(id, Search{.goal = Goal::peers,
                               .announce = announce,
                               .info_hash = info_hash,
                               .item = {},
                               .lookup = walk_to(info_hash.position(), Goal::peers),
                               .ends_at = now + kLongest,
                               .reported = {}});
}

void Searches::add_for_item(Instant now, LookupId lookup, ItemSearch item, Events& events) {
  const ItemTarget target = item.target();
  if (searches_.size() >= kMaxSearches) {
    events.push_back(ItemDone{.lookup = lookup, .target = target});
    return;
  }
  const auto id = static_cast<std::uint64_t>(lookup);
  searches_.emplace(id, Search{.goal = Goal::item,
                               .info_hash = {},
                               .item = std::move(item),
                               .lookup = walk_to(target.position(), Goal::item),
                               .ends_at = now + kLongest,
                               .reported = {}});
}

void Searches::add_for_nodes(Instant now, const NodeId& target) {
  if (searches_.size() >= kMaxSearches) return;
  searches_.emplace(next_id_++, Search{.goal = Goal::nodes,
                                       .info_hash = {},
                                       .item = {},
                                       .lookup = walk_to(target, Goal::nodes),
                                       .ends_at = now + kLongest,
                                       .reported = {}});
}

void Searches::cancel(LookupId lookup) {
  searches_.erase(static_cast<std::uint64_t>(lookup));
  std::erase_if(recent_, [lookup](const Recent& recent) { return recent.lookup == lookup; });
}

void Searches::begin_waiting(const RoutingTable& table) {
  for (auto& [id, search] : searches_) {
    if (search.phase != Phase::waiting) continue;
    const auto seeds = table.closest(search.lookup.target(), kSeeds);
    if (seeds.empty()) return;
    search.lookup.set_expected_reach(table.expected_reach());
    for (const Contact& node : seeds) search.lookup.add(node);
    search.phase = Phase::walking;
  }
}

bool Searches::is_waiting(LookupId lookup) const {
  const auto it = searches_.find(static_cast<std::uint64_t>(lookup));
  return it != searches_.end() && it->second.phase == Phase::waiting;
}

void Searches::add_nodes(const std::vector<Contact>& nodes) {
  for (auto& [id, search] : searches_) {
    if (search.phase != Phase::walking) continue;
    for (const Contact& node : nodes) search.lookup.add(node);
  }
}

void Searches::pump(Instant now, std::uint16_t own_port, QuerySender& sender, Datagrams& out) {
  for (auto& [id, search] : searches_) {
    if (search.phase != Phase::walking) continue;
    if (wants_storing(search)) send_announcements(now, id, search, own_port, sender, out);
    for (const Contact& node : search.lookup.askable()) {
      // Others may know us by an id that we had before.
      if (node.endpoint == own_endpoint_ || sender.has_given_up(now, node.endpoint.address)) {
        search.lookup.failed(node.endpoint);
        continue;
      }
      if (sender.send(now, node.endpoint, question(search), Purpose::lookup, id, out)) {
        search.lookup.asked(node.endpoint);
      }
    }
  }
}

Query Searches::question(const Search& search) {
  if (search.goal == Goal::item) return search.item->question();
  Query query;
  query.method = search.goal == Goal::peers ? Method::get_peers : Method::find_node;
  query.info_hash = search.info_hash;
  query.target = search.lookup.target();
  return query;
}

Query Searches::announcement(const Search& search,
                             const Lookup::Announcement& to,
                             std::uint16_t own_port) {
  if (search.goal == Goal::item) return search.item->put(to.to, to.token);
  Query query;
  query.method = Method::announce_peer;
  query.info_hash = search.info_hash;
  query.port_source = PortSource::implied;
  query.port = own_port;
  query.token = to.token;
  return query;
}

void Searches::send_announcements(Instant now,
                                  std::uint64_t id,
                                  Search& search,
                                  std::uint16_t own_port,
                                  QuerySender& sender,
                                  Datagrams& out) {
  for (const Lookup::Announcement& announcement : search.lookup.announceable()) {
    const Query query = Searches::announcement(search, announcement, own_port);
    if (sender.send(now, announcement.to, query, Purpose::announcement, id, out)) {
      search.lookup.announced(announcement.to);
    }
  }
}

void Searches::handle_answer(const Transaction& transaction,
                             const Answer& answer,
                             const std::vector<Contact>& nodes,
                             Events& events) {
  Search* search = find(transaction.lookup);
  if (search == nullptr) return;
  if (transaction.purpose == Purpose::announcement) {
    search->lookup.announcement_stored(transaction.to);
    return;
  }
  // Before its own answer counts: what it knows may be closer than itself.
  for (const Contact& node : nodes) search->lookup.add_told(transaction.to, node);
  search->lookup.answered({answer.sender, transaction.to}, answer.token);
  if (search->goal == Goal::peers) report(transaction.lookup, *search, answer.peers, events);
  if (search->goal != Goal::item) return;
  if (auto item = search->item->take_answer(transaction.to, answer.item)) {
    events.push_back(
        ItemFound{LookupId{transaction.lookup}, search->item->target(), std::move(*item)});
  }
}

void Searches::handle_slow(const Transaction& transaction) {
  Search* search = find(transaction.lookup);
  if (search == nullptr) return;
  if (transaction.purpose == Purpose::announcement) {
    search->lookup.announcement_slow(transaction.to);
  } else {
    search->lookup.slow(transaction.to);
  }
}

void Searches::handle_failure(const Transaction& transaction, std::int64_t code) {
  Search* search = find(transaction.lookup);
  if (search == nullptr) return;
  if (transaction.purpose != Purpose::announcement) {
    search->lookup.failed(transaction.to);
  } else if (search->goal == Goal::item && !search->item->take_refusal(code)) {
    search->lookup.cannot_store(transaction.to);
  } else {
    search->lookup.announcement_refused(transaction.to);
  }
}

void Searches::handle_stored(Instant now,
                             const InfoHash& info_hash,
                             const Endpoint& peer,
                             Events& events) {
  bool is_searched = false;
  for (auto& [id, search] : searches_) {
    if (search.goal != Goal::peers || search.info_hash != info_hash) continue;
    report(id, search, {peer}, events);
    is_searched = true;
  }
  if (is_searched || peer == own_endpoint_) return;
  for (const Recent& recent : recent_) {
    if (recent.info_hash == info_hash && now < recent.until) {
      events.push_back(PeersFound{recent.lookup, info_hash, {peer}});
    }
  }
}

void Searches::report(LookupId lookup, const std::vector<Endpoint>& peers, Events& events) {
  const auto id = static_cast<std::uint64_t>(lookup);
  if (Search* search = find(id)) report(id, *search, peers, events);
}

void Searches::report(LookupId lookup, const Item& item, Events& events) {
  Search* search = find(static_cast<std::uint64_t>(lookup));
  if (search == nullptr || search->goal != Goal::item || !search->item->take_own(item)) return;
  events.push_back(ItemFound{lookup, search->item->target(), item});
}

void Searches::report(std::uint64_t id,
                      Search& search,
                      const std::vector<Endpoint>& peers,
                      Events& events) {
  PeersFound found{LookupId{id}, search.info_hash, {}};
  for (const Endpoint& peer : peers) {
    // The other family's are for the lookup that walks it.
    if (peer == own_endpoint_ || peer.address.family() != family_) continue;
    if (search.reported.size() >= kMaxReported) continue;
    if (search.reported.insert(peer).second) found.peers.push_back(peer);
  }
  if (!found.peers.empty()) events.push_back(std::move(found));
}

Searches::StoredHere Searches::finish(Instant now, Events& events) {
  StoredHere stored_here;
  for (auto it = searches_.begin(); it != searches_.end();) {
    auto& [id, search] = *it;
    const bool is_over = now >= search.ends_at || (search.item && search.item->is_over());
    if (!is_over && is_done(search) && search.lookup.answer_count() == 0) {
      // All that were known are gone: there may be others yet.
      search.lookup = walk_to(search.lookup.target(), search.goal);
      search.phase = Phase::waiting;
    }
    if (!is_over && !is_done(search)) {
      ++it;
      continue;
    }
    conclude(now, id, search, stored_here, events);
    it = searches_.erase(it);
  }
  return stored_here;
}

void Searches::conclude(
    Instant now, std::uint64_t id, const Search& search, StoredHere& stored_here, Events& events) {
  if (search.goal == Goal::nodes) return;
  const bool is_stored_here =
      wants_storing(search) && own_endpoint_ && search.lookup.admits({own_id_, *own_endpoint_});
  if (search.goal == Goal::item) {
    events.push_back(ItemDone{LookupId{id}, search.item->target(), search.lookup.answer_count(),
                              search.lookup.stored_count(), search.item->conflict()});
    if (is_stored_here) stored_here.items.push_back(*search.item->item_to_put());
    return;
  }
  events.push_back(LookupDone{LookupId{id}, search.info_hash, search.lookup.answer_count(),
                              search.lookup.stored_count(), search.reported.size()});
  remember(now, id, search.info_hash);
  if (is_stored_here) stored_here.info_hashes.push_back(search.info_hash);
}

bool Searches::wants_storing(const Search& search) {
  return search.goal == Goal::item ? search.item->wants_storing()
                                   : search.announce == Announce::yes;
}

Lookup Searches::walk_to(const NodeId& target, Goal goal) const {
  return Lookup(own_id_, target, mode_, defences_,
                goal == Goal::item ? Needs::token : Needs::answer);
}

bool Searches::is_done(const Search& search) {
  if (search.phase == Phase::waiting || !search.lookup.is_finished()) return false;
  return !wants_storing(search) || search.lookup.announceable().empty();
}

Instant Searches::next_timeout() const {
  Instant first = Instant::never();
  for (const auto& [id, search] : searches_) first = earlier(first, search.ends_at);
  return first;
}

Searches::Search* Searches::find(std::uint64_t id) {
  const auto it = searches_.find(id);
  return it == searches_.end() ? nullptr : &it->second;
}

void Searches::remember(Instant now, std::uint64_t id, const InfoHash& info_hash) {
  std::erase_if(recent_, [&info_hash](const Recent& r) { return r.info_hash == info_hash; });
  if (recent_.size() == kMaxRecent) recent_.erase(recent_.begin());
  recent_.push_back({LookupId{id}, info_hash, now + kRecentFor});
}

}  // namespace lanyard::dht
