// SPDX-License-Identifier: Apache-2.0
#include "core/dht/engine.h"

#include <algorithm>
#include <utility>
#include <variant>

namespace lanyard::dht {

namespace {

// Pings of nodes that asked us first. Whoever forges their addresses makes us send these: few.
constexpr Rate kAcquaintances = {20, milliseconds(250)};
// Refreshes of several buckets that are due together.
constexpr Duration kBetweenRefreshes = seconds(5);

bool is_global(const IpAddress& address) {
  return !address.is_private() && !address.is_loopback() && !address.is_link_local();
}

Query ping() {
  Query query;
  query.method = Method::ping;
  return query;
}

}  // namespace

Dht::Engine::Engine(Settings settings, Rng& rng)
    : settings_(std::move(settings)),
      rng_(rng),
      own_id_(settings_.own_id ? *settings_.own_id : NodeId::random(rng)),
      table_(own_id_, settings_.mode),
      sender_(settings_.limits, own_id_, rng, counters_),
      responder_(settings_.limits, own_id_, table_, rng, counters_),
      searches_(own_id_) {
  bootstrap_.add(settings_.bootstrap);
}

void Dht::Engine::start(Instant now, std::uint16_t port, Datagrams& out) {
  port_ = port;
  is_started_ = true;
  bootstrap_.restart(now);
  run_bootstrap(now, out);
}

void Dht::Engine::add_bootstrap(Instant now, std::span<const Endpoint> endpoints, Datagrams& out) {
  if (!bootstrap_.add(endpoints) || !is_started_) return;
  bootstrap_.restart(now);
  run_bootstrap(now, out);
}

void Dht::Engine::handle_network_change(Instant now, Datagrams& out) {
  votes_.clear();
  searches_.set_own_endpoint(std::nullopt);
  knows_neighbourhood_ = table_.size() > 0;
  if (!is_running()) return;
  bootstrap_.restart(now);
  run_bootstrap(now, out);
  if (!knows_neighbourhood_) return;
  searches_.add_for_nodes(now, own_id_);
  searches_.begin_waiting(table_);
  searches_.pump(now, port_, sender_, out);
}

LookupId Dht::Engine::get_peers(
    Instant now, const InfoHash& info_hash, Announce announce, Datagrams& out, Events& events) {
  const LookupId lookup = searches_.add_for_peers(now, info_hash, announce, events);
  if (settings_.mode == Mode::off) {
    searches_.cancel(lookup);
    events.push_back(LookupDone{.lookup = lookup, .info_hash = info_hash});
    return lookup;
  }
  const auto here =
      responder_.store().sample(now, info_hash, settings_.limits.peers_per_hash, rng_);
  searches_.report(lookup, here, events);
  advance(now, out, events);
  return lookup;
}

void Dht::Engine::handle_datagram(
    Instant now, const Endpoint& from, Bytes payload, Datagrams& out, Events& events) {
  if (settings_.mode == Mode::off) {
    ++counters_.of(Drop::switched_off);
    return;
  }
  if (!from.address.is_v4()) {
    ++counters_.of(Drop::not_ipv4);
    return;
  }
  const auto message = parse_message(payload);
  if (!message || !from.is_usable()) {
    ++counters_.of(Drop::malformed);
    return;
  }
  if (const auto* query = std::get_if<Query>(&*message)) {
    handle_query(now, from, *query, payload.size(), out, events);
  } else if (const auto* answer = std::get_if<Answer>(&*message)) {
    handle_answer(now, from, *answer, out, events);
  } else if (const auto* failure = std::get_if<Failure>(&*message)) {
    handle_failure(from, *failure);
  }
  advance(now, out, events);
}

void Dht::Engine::handle_query(Instant now,
                               const Endpoint& from,
                               const Query& query,
                               std::size_t bytes,
                               Datagrams& out,
                               Events& events) {
  ++counters_.queries_received;
  if (!query.fault && query.sender == own_id_) {
    ++counters_.of(Drop::own_message);
    return;
  }
  auto outcome = responder_.answer(now, from, query, bytes);
  if (const auto* reason = std::get_if<Drop>(&outcome)) {
    ++counters_.of(*reason);
    return;
  }
  auto& reply = *std::get_if<Responder::Reply>(&outcome);
  out.push_back({from, std::move(reply.datagram)});
  if (reply.stored) {
    searches_.handle_stored(now, reply.stored->info_hash, reply.stored->peer, events);
  }
  const bool answers_queries = query.sender_reachability == Reachability::normal;
  if (!query.fault && answers_queries) get_acquainted(now, {query.sender, from}, out);
}

// A node that asked us enters the table when it has answered, which proves its address.
void Dht::Engine::get_acquainted(Instant now, const Contact& node, Datagrams& out) {
  if (table_.note_query(now, node) || !is_running() || !table_.wants(now, node)) return;
  if (acquaintances_.allowed_at(kAcquaintances) > now) return;
  acquaintances_.spend(now, kAcquaintances);
  sender_.send(now, node.endpoint, ping(), Purpose::contact, 0, out);
}

void Dht::Engine::handle_answer(
    Instant now, const Endpoint& from, const Answer& answer, Datagrams& out, Events& events) {
  const auto transaction = sender_.close(answer.transaction, from);
  if (!transaction) {
    ++counters_.of(Drop::unsolicited);
    return;
  }
  if (answer.sender == own_id_) {  // one of the addresses that we were told is our own
    ++counters_.of(Drop::own_message);
    searches_.handle_failure(*transaction);
    return;
  }
  ++counters_.answers_received;
  table_.add_answering(now, {answer.sender, from});
  check_for_place(now, answer.sender, out);
  if (answer.asker) take_vote(from, *answer.asker, events);
  if (!knows_neighbourhood_) {
    knows_neighbourhood_ = true;
    searches_.add_for_nodes(now, own_id_);
  }
  searches_.begin_waiting(table_);
  const auto nodes = acceptable(answer, from);
  if (transaction->purpose == Purpose::contact) {
    searches_.add_nodes(nodes);
  } else {
    searches_.handle_answer(*transaction, answer, nodes, events);
  }
}

void Dht::Engine::handle_failure(const Endpoint& from, const Failure& failure) {
  const auto transaction = sender_.close(failure.transaction, from);
  if (!transaction) {
    ++counters_.of(Drop::unsolicited);
    return;
  }
  ++counters_.answers_received;
  searches_.handle_failure(*transaction);
}

void Dht::Engine::take_vote(const Endpoint& voter, const Endpoint& seen, Events& events) {
  if (!seen.address.is_v4()) return;
  // In the public DHT a node of our own LAN sees another address than the world does.
  if (settings_.mode == Mode::public_ && !is_global(seen.address)) return;
  if (!votes_.vote(voter.address, seen)) return;
  searches_.set_own_endpoint(votes_.elected());
  events.push_back(OutsideAddress{*votes_.elected()});
}

// Nobody in the public DHT shall make us send into our own LAN.
std::vector<Contact> Dht::Engine::acceptable(const Answer& answer, const Endpoint& teller) const {
  std::vector<Contact> out;
  if (!answer.nodes) return out;
  const bool only_global = settings_.mode == Mode::public_ && is_global(teller.address);
  for (const Contact& node : *answer.nodes) {
    if (!only_global || is_global(node.endpoint.address)) out.push_back(node);
  }
  return out;
}

void Dht::Engine::check_for_place(Instant now, const NodeId& near, Datagrams& out) {
  if (const auto node = table_.take_check(now, near)) {
    sender_.send(now, node->endpoint, ping(), Purpose::contact, 0, out);
  }
}

void Dht::Engine::handle_timeout(Instant now, Datagrams& out, Events& events) {
  if (!is_running()) return;
  while (const auto slow = sender_.take_slow(now)) searches_.handle_slow(*slow);
  while (const auto expired = sender_.take_expired(now)) handle_expired(now, *expired, out);
  if (bootstrap_.next_round() <= now) run_bootstrap(now, out);
  refresh(now);
  advance(now, out, events);
}

void Dht::Engine::handle_expired(Instant now, const Transaction& transaction, Datagrams& out) {
  ++counters_.queries_timed_out;
  searches_.handle_failure(transaction);
  const bool was_empty = table_.size() == 0;
  const auto id = table_.note_miss(transaction.to);
  if (id) check_for_place(now, *id, out);
  if (!was_empty && table_.size() == 0) bootstrap_.restart(now);
}

void Dht::Engine::run_bootstrap(Instant now, Datagrams& out) {
  if (!is_running()) return;
  // Its neighbours are what we need next; that it answers is known by the same answer.
  Query query;
  query.method = Method::find_node;
  query.target = own_id_;
  for (const Endpoint& endpoint : bootstrap_.take_round(now, table_, rng_)) {
    sender_.send(now, endpoint, query, Purpose::contact, 0, out);
  }
}

void Dht::Engine::refresh(Instant now) {
  if (now < refresh_not_before_) return;
  const auto target = table_.take_refresh(now, rng_);
  if (!target) return;
  refresh_not_before_ = now + kBetweenRefreshes;
  searches_.add_for_nodes(now, *target);
}

void Dht::Engine::advance(Instant now, Datagrams& out, Events& events) {
  if (!is_running()) return;
  searches_.begin_waiting(table_);
  sender_.forget_retry();
  searches_.pump(now, port_, sender_, out);
  for (const InfoHash& info_hash : searches_.finish(now, events)) {
    if (votes_.elected()) responder_.store().add(now, info_hash, *votes_.elected());
  }
}

Instant Dht::Engine::next_timeout() const {
  if (!is_running()) return Instant::never();
  const Instant refresh_at = std::max(table_.next_refresh(), refresh_not_before_);
  return earlier(earlier(sender_.next_timeout(), searches_.next_timeout()),
                 earlier(bootstrap_.next_round(), refresh_at));
}

}  // namespace lanyard::dht
