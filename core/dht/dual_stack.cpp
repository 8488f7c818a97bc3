// SPDX-License-Identifier: Apache-2.0
#include "core/dht/dual_stack.h"

#include <type_traits>
#include <utility>
#include <variant>

namespace lanyard::dht {

namespace {

constexpr std::array<IpFamily, 2> kBoth = {IpFamily::v4, IpFamily::v6};
constexpr std::size_t kMaxNodesKept = 200;  // of each family: a state file of some 20 kB

}  // namespace

Dht::DualStack::DualStack(const Settings& settings, Rng& rng)
    : common_{.settings = settings,
              .rng = rng,
              .counters = {},
              .queries = QueryBudget(settings.limits),
              .answers = AnswerBudget(settings.limits)},
      v4_(IpFamily::v4, common_),
      v6_(IpFamily::v6, common_),
      kept_(rng) {
  v4_.set_sibling(v6_);
  v6_.set_sibling(v4_);
}

void Dht::DualStack::set_own_addresses(std::span<const IpAddress> addresses) {
  for (const IpFamily family : kBoth) engine(family).set_own_addresses(addresses);
}

void Dht::DualStack::restore_nodes(std::span<const Contact> nodes) {
  for (const IpFamily family : kBoth) engine(family).restore_nodes(nodes);
}

void Dht::DualStack::start(Instant now, std::uint16_t port, Families families, Datagrams& out) {
  if (common_.settings.mode == Mode::off) return;
  for (const IpFamily family : kBoth) {
    if (families.hold(family)) engine(family).switch_on(port);
  }
  for (const IpFamily family : kBoth) engine(family).start(now, out);
}

void Dht::DualStack::add_bootstrap(Instant now,
                                   std::span<const Endpoint> endpoints,
                                   Datagrams& out) {
  for (const IpFamily family : kBoth) engine(family).add_bootstrap(now, endpoints, out);
}

void Dht::DualStack::handle_network_change(Instant now, Datagrams& out) {
  for (const IpFamily family : kBoth) engine(family).handle_network_change(now, out);
}

LookupId Dht::DualStack::get_peers(
    Instant now, const InfoHash& info_hash, Announce announce, Datagrams& out, Events& events) {
  const LookupId lookup{next_lookup_++};
  const LookupDone nothing{.lookup = lookup, .info_hash = info_hash};
  const Families walking = running();
  if (walking.are_none()) {
    events.push_back(nothing);
    return lookup;
  }
  lookups_.emplace(lookup, Pending{.walking = walking, .sum = nothing, .newest = {}});
  for (const IpFamily family : kBoth) {
    if (!walking.hold(family)) continue;
    Events told;
    engine(family).get_peers(now, lookup, info_hash, announce, out, told);
    settle(now, family, told, events);
  }
  return lookup;
}

LookupId Dht::DualStack::search_item(Instant now,
                                     const ItemSearch& search,
                                     Datagrams& out,
                                     Events& events) {
  const LookupId lookup{next_lookup_++};
  walk_item(now, lookup, search, out, events);
  return lookup;
}

LookupId Dht::DualStack::keep_item(Instant now, const Item& item, Datagrams& out, Events& events) {
  const LookupId fresh{next_lookup_++};
  const bool is_off = common_.settings.mode == Mode::off;
  const auto lookup = is_off ? std::nullopt : kept_.keep(now, item, fresh);
  if (!lookup) {
    events.push_back(ItemDone{.lookup = fresh, .target = target_of(item)});
    return fresh;
  }
  put_due(now, out, events);
  return *lookup;
}

void Dht::DualStack::release_item(const ItemTarget& target) {
  if (const auto lookup = kept_.release(target)) cancel(*lookup);
}

void Dht::DualStack::put_due(Instant now, Datagrams& out, Events& events) {
  if (running().are_none()) return;
  while (const auto publication = kept_.take_due(now)) {
    const auto search = ItemSearch::to_put(publication->item, std::nullopt);
    walk_item(now, publication->lookup, search, out, events);
  }
}

void Dht::DualStack::walk_item(
    Instant now, LookupId lookup, const ItemSearch& search, Datagrams& out, Events& events) {
  const ItemDone nothing{.lookup = lookup, .target = search.target()};
  const Families walking = running();
  if (walking.are_none()) {
    events.push_back(nothing);
    return;
  }
  lookups_.emplace(lookup, Pending{.walking = walking, .sum = nothing, .newest = {}});
  for (const IpFamily family : kBoth) {
    if (!walking.hold(family)) continue;
    Events told;
    engine(family).search_item(now, lookup, search, out, told);
    settle(now, family, told, events);
  }
}

void Dht::DualStack::cancel(LookupId lookup) {
  if (kept_.holds(lookup)) return;
  lookups_.erase(lookup);
  for (const IpFamily family : kBoth) engine(family).cancel(lookup);
}

void Dht::DualStack::handle_datagram(
    Instant now, const Endpoint& from, Bytes payload, Datagrams& out, Events& events) {
  ++common_.counters.datagrams_received;
  common_.counters.bytes_received += payload.size();
  if (common_.settings.mode == Mode::off) {
    ++common_.counters.of(Drop::switched_off);
    return;
  }
  const IpFamily family = from.address.family();
  if (!of(family).is_running()) {
    ++common_.counters.of(Drop::no_family);
    return;
  }
  const auto message = parse_message(payload);
  if (!message || !from.is_usable()) {
    ++common_.counters.of(Drop::malformed);
    return;
  }
  Events told;
  engine(family).handle_message(now, from, *message, payload.size(), out, told);
  settle(now, family, told, events);
}

void Dht::DualStack::handle_timeout(Instant now, Datagrams& out, Events& events) {
  for (const IpFamily family : kBoth) {
    Events told;
    engine(family).handle_timeout(now, out, told);
    settle(now, family, told, events);
  }
  put_due(now, out, events);
}

Instant Dht::DualStack::next_timeout() const {
  if (running().are_none()) return Instant::never();
  return earlier(kept_.next_timeout(), earlier(v4_.next_timeout(), v6_.next_timeout()));
}

void Dht::DualStack::settle(Instant now, IpFamily family, Events& told, Events& events) {
  for (Event& event : told) {
    if (const auto* done = std::get_if<LookupDone>(&event)) {
      conclude(now, family, *done, events);
    } else if (const auto* item_done = std::get_if<ItemDone>(&event)) {
      conclude(now, family, *item_done, events);
    } else if (const auto* found = std::get_if<ItemFound>(&event)) {
      if (is_news(*found)) events.push_back(std::move(event));
    } else {
      events.push_back(std::move(event));
    }
  }
}

// What one family has found the other may find too, or an older version.
bool Dht::DualStack::is_news(const ItemFound& found) {
  const auto it = lookups_.find(found.lookup);
  if (it == lookups_.end()) return false;
  Pending& pending = it->second;
  const auto sequence = sequence_of(found.item);
  if (pending.has_found_item && (!sequence || *sequence <= *pending.newest)) return false;
  pending.has_found_item = true;
  pending.newest = sequence;
  return true;
}

void Dht::DualStack::add(const LookupDone& done, Pending& pending) {
  auto& sum = *std::get_if<LookupDone>(&pending.sum);
  sum.answered += done.answered;
  sum.stored_at += done.stored_at;
  sum.peers += done.peers;
}

void Dht::DualStack::add(const ItemDone& done, Pending& pending) {
  auto& sum = *std::get_if<ItemDone>(&pending.sum);
  sum.answered += done.answered;
  sum.stored_at += done.stored_at;
  if (sum.conflict == Conflict::none) sum.conflict = done.conflict;
}

template <typename Done>
void Dht::DualStack::conclude(Instant now, IpFamily family, const Done& done, Events& events) {
  const auto it = lookups_.find(done.lookup);
  if (it == lookups_.end()) return;
  Pending& pending = it->second;
  add(done, pending);
  Families& walking = pending.walking;
  (family == IpFamily::v4 ? walking.v4 : walking.v6) = false;
  // A machine may have addresses of a family and yet reach nobody by it: that one is not waited
  // for, once the other has been somewhere.
  for (const IpFamily other : kBoth) {
    if (!walking.hold(other) || done.answered == 0 || !of(other).is_waiting(done.lookup)) continue;
    engine(other).cancel(done.lookup);
    walking = {};
  }
  if (!walking.are_none()) return;
  const Done sum = *std::get_if<Done>(&pending.sum);
  lookups_.erase(it);
  if constexpr (std::is_same_v<Done, ItemDone>) kept_.note_done(now, sum);
  events.push_back(sum);
}

std::optional<FamilyStatus> Dht::DualStack::status(Instant now, IpFamily family) const {
  const Engine& engine = of(family);
  if (!engine.is_running()) return std::nullopt;
  return FamilyStatus{.own_id = engine.own_id(),
                      .reachability = engine.reachability(),
                      .outside = engine.votes().elected(),
                      .mapping = engine.votes().mapping(),
                      .nodes = engine.table().size(),
                      .answered_lately = engine.table().answered_lately(now)};
}

std::vector<Contact> Dht::DualStack::good_nodes(Instant now) const {
  std::vector<Contact> out = v4_.table().good(now, kMaxNodesKept);
  const std::vector<Contact> v6 = v6_.table().good(now, kMaxNodesKept);
  out.insert(out.end(), v6.begin(), v6.end());
  return out;
}

}  // namespace lanyard::dht
