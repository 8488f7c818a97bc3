// SPDX-License-Identifier: Apache-2.0
#include "core/dht/dual_stack.h"

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
      v6_(IpFamily::v6, common_) {
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
  const Families walking = {.v4 = v4_.is_running(), .v6 = v6_.is_running()};
  if (walking.are_none()) {
    events.push_back(nothing);
    return lookup;
  }
  lookups_.emplace(lookup, Pending{walking, nothing});
  for (const IpFamily family : kBoth) {
    if (!walking.hold(family)) continue;
    Events told;
    engine(family).get_peers(now, lookup, info_hash, announce, out, told);
    settle(family, told, events);
  }
  return lookup;
}

void Dht::DualStack::cancel(LookupId lookup) {
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
  settle(family, told, events);
}

void Dht::DualStack::handle_timeout(Instant now, Datagrams& out, Events& events) {
  for (const IpFamily family : kBoth) {
    Events told;
    engine(family).handle_timeout(now, out, told);
    settle(family, told, events);
  }
}

Instant Dht::DualStack::next_timeout() const {
  return earlier(v4_.next_timeout(), v6_.next_timeout());
}

void Dht::DualStack::settle(IpFamily family, Events& told, Events& events) {
  for (Event& event : told) {
    if (const auto* done = std::get_if<LookupDone>(&event)) {
      conclude(family, *done, events);
    } else {
      events.push_back(std::move(event));
    }
  }
}

void Dht::DualStack::conclude(IpFamily family, const LookupDone& done, Events& events) {
  const auto it = lookups_.find(done.lookup);
  if (it == lookups_.end()) return;
  Pending& pending = it->second;
  pending.sum.answered += done.answered;
  pending.sum.stored_at += done.stored_at;
  pending.sum.peers += done.peers;
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
  events.push_back(pending.sum);
  lookups_.erase(it);
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
