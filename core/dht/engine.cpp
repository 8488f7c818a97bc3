// SPDX-License-Identifier: Apache-2.0
#include "core/dht/engine.h"

#include <algorithm>
#include <iterator>
#include <utility>
#include <variant>

#include "core/dht/bound_id.h"

namespace lanyard::dht {

namespace {

// Pings of nodes that asked us first. Whoever forges their addresses makes us send these: few.
constexpr Rate kAcquaintances = {20, milliseconds(250)};
// By then whoever we told of ourselves has pinged us and others.
constexpr Duration kLookAgainAfter = seconds(3);
// Refreshes of several buckets that are due together.
constexpr Duration kBetweenRefreshes = seconds(5);
// Each time that a family which knows nobody yet tries to begin: at most once a minute in the end.
constexpr std::size_t kAskedForOtherFamily = 2;

bool leads_off_link(const IpAddress& address) {
  return !address.is_loopback() && !address.is_link_local();
}

bool is_global(const IpAddress& address) {
  return !address.is_private() && leads_off_link(address);
}

Query ping() {
  Query query;
  query.method = Method::ping;
  return query;
}

}  // namespace

Dht::Engine::Engine(IpFamily family, Common& common)
    : family_(family),
      mode_(common.settings.mode),
      rng_(common.rng),
      counters_(common.counters),
      queries_(common.queries),
      self_{.id = NodeId::random(common.rng)},
      table_(self_.id, mode_, common.settings.defences),
      sender_(self_, common.queries, rng_, counters_),
      responder_(common.settings.limits, self_.id, table_, common.answers, rng_, counters_),
      bootstrap_(family),
      searches_(family, mode_, common.settings.defences, self_.id),
      votes_(mode_) {
  bootstrap_.add(common.settings.bootstrap);
}

void Dht::Engine::set_sibling(Engine& sibling) {
  sibling_ = &sibling;
  responder_.set_other_table(sibling.table_);
}

void Dht::Engine::set_own_addresses(std::span<const IpAddress> addresses) {
  own_addresses_.clear();
  std::copy_if(addresses.begin(), addresses.end(), std::back_inserter(own_addresses_),
               [this](const IpAddress& address) { return address.family() == family_; });
}

void Dht::Engine::restore_own_id(const NodeId& id) {
  self_.id = id;
  table_.move_to(Instant::long_ago(), id);  // empty yet
}

void Dht::Engine::switch_on(std::uint16_t port) {
  port_ = port;
  is_on_ = true;
}

void Dht::Engine::start(Instant now, Datagrams& out) {
  if (!is_on_) return;
  bootstrap_.restart(now);
  run_bootstrap(now, out);
}

void Dht::Engine::add_bootstrap(Instant now, std::span<const Endpoint> endpoints, Datagrams& out) {
  if (!bootstrap_.add(endpoints) || !is_on_) return;
  bootstrap_.restart(now);
  run_bootstrap(now, out);
}

void Dht::Engine::handle_network_change(Instant now, Datagrams& out) {
  votes_.clear();
  self_.reachability = Reachability::read_only;
  searches_.set_own_endpoint(std::nullopt);
  knows_neighbourhood_ = table_.size() > 0;
  if (!is_running()) return;
  bootstrap_.restart(now);
  run_bootstrap(now, out);
  if (!knows_neighbourhood_) return;
  look_around(now);
  searches_.begin_waiting(table_);
  searches_.pump(now, port_, sender_, out);
}

void Dht::Engine::get_peers(Instant now,
                            LookupId lookup,
                            const InfoHash& info_hash,
                            Announce announce,
                            Datagrams& out,
                            Events& events) {
  searches_.add_for_peers(now, lookup, info_hash, announce, events);
  searches_.report(lookup, responder_.store().all(now, info_hash), events);
  advance(now, out, events);
}

void Dht::Engine::search_item(
    Instant now, LookupId lookup, const ItemSearch& search, Datagrams& out, Events& events) {
  searches_.add_for_item(now, lookup, search, events);
  const Item* stored = responder_.items().find(now, search.target());
  if (stored != nullptr) searches_.report(lookup, *stored, events);
  advance(now, out, events);
}

void Dht::Engine::handle_message(Instant now,
                                 const Endpoint& from,
                                 const Message& message,
                                 std::size_t bytes,
                                 Datagrams& out,
                                 Events& events) {
  if (const auto* query = std::get_if<Query>(&message)) {
    handle_query(now, from, *query, bytes, out, events);
  } else if (const auto* answer = std::get_if<Answer>(&message)) {
    handle_answer(now, from, *answer, out, events);
  } else if (const auto* failure = std::get_if<Failure>(&message)) {
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
  if (!query.fault && query.sender == self_.id) {
    ++counters_.of(Drop::own_message);
    return;
  }
  const bool is_read_only = self_.reachability == Reachability::read_only;
  if (is_read_only && proves_reachability(from)) set_reachable();
  if (self_.reachability == Reachability::read_only) {
    ++counters_.of(Drop::read_only);
    return;
  }
  auto outcome = responder_.answer(now, from, query, bytes);
  if (const auto* reason = std::get_if<Drop>(&outcome)) {
    ++counters_.of(*reason);
    return;
  }
  auto& reply = *std::get_if<Responder::Reply>(&outcome);
  counters_.note_sent(reply.datagram.size());
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
  if (answer.sender == self_.id) {  // one of the addresses that we were told is our own
    ++counters_.of(Drop::own_message);
    searches_.handle_failure(*transaction);
    return;
  }
  ++counters_.answers_received;
  table_.add_answering(now, {answer.sender, from});
  check_for_place(now, answer.sender, out);
  if (answer.asker) take_vote(now, from, *answer.asker, events);
  if (!knows_neighbourhood_) {
    knows_neighbourhood_ = true;
    look_around(now);
  }
  searches_.begin_waiting(table_);
  const auto& told = family_ == IpFamily::v4 ? answer.nodes : answer.nodes6;
  const auto& told_of_other = family_ == IpFamily::v4 ? answer.nodes6 : answer.nodes;
  sibling_->hear_of(now, sibling_->acceptable(told_of_other, from), out);
  const auto nodes = acceptable(told, from);
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
  searches_.handle_failure(*transaction, failure.code);
}

void Dht::Engine::take_vote(Instant now,
                            const Endpoint& voter,
                            const Endpoint& seen,
                            Events& events) {
  if (seen.address.family() != family_) return;
  // In the public DHT a node of our own LAN sees another address than the world does.
  if (mode_ == Mode::public_ && !is_global(seen.address)) return;
  // Others see us where we are: no NAT is between. Whoever makes that up gains a useless neighbour.
  const bool is_own =
      std::find(own_addresses_.begin(), own_addresses_.end(), seen.address) != own_addresses_.end();
  if (is_own && seen.port == port_) set_reachable();
  if (votes_.vote(voter.address, seen)) {
    searches_.set_own_endpoint(votes_.elected());
    events.push_back(OutsideAddress{*votes_.elected()});
  }
  if (votes_.is_certain()) bind_own_id(now, votes_.elected()->address);
}

// A NAT lets in what comes from where we have sent to, some by the address alone. To those we begin
// with our owner may have sent too; and our own LAN is on this side of the NAT.
bool Dht::Engine::proves_reachability(const Endpoint& from) const {
  const bool is_outside = mode_ == Mode::private_ || is_global(from.address);
  return is_outside && !queries_.has_asked(from.address) && !bootstrap_.knows(from.address);
}

// BEP 42: others ignore ids that do not fit the address that they see. Where our place is now,
// nobody knows us yet.
void Dht::Engine::bind_own_id(Instant now, const IpAddress& outside) {
  if (fits(self_.id, outside)) return;
  self_.id = random_id_for(outside, rng_);
  table_.move_to(now, self_.id);
  look_around(now);
}

// Nobody in the public DHT shall make us send into our own LAN.
std::vector<Contact> Dht::Engine::acceptable(const std::optional<std::vector<Contact>>& told,
                                             const Endpoint& teller) const {
  std::vector<Contact> out;
  if (!told) return out;
  const bool only_global = mode_ == Mode::public_ && is_global(teller.address);
  for (const Contact& node : *told) {
    if (!only_global || is_global(node.endpoint.address)) out.push_back(node);
  }
  return out;
}

void Dht::Engine::hear_of(Instant now, const std::vector<Contact>& nodes, Datagrams& out) {
  for (const Contact& node : nodes) {
    if (!needs_nodes() || acquaintances_.allowed_at(kAcquaintances) > now) return;
    if (table_.is_alive(node.endpoint)) continue;
    acquaintances_.spend(now, kAcquaintances);
    sender_.send(now, node.endpoint, find_self(), Purpose::contact, 0, out);
  }
}

// Asks for our own neighbourhood, of both families where the other one knows few nodes.
Query Dht::Engine::find_self() const {
  Query query;
  query.method = Method::find_node;
  query.target = self_.id;
  if (sibling_->needs_nodes()) query.want = {.v4 = true, .v6 = true};
  return query;
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
  const Query query = find_self();
  for (const Endpoint& endpoint : bootstrap_.take_round(now, table_, rng_)) {
    sender_.send(now, endpoint, query, Purpose::contact, 0, out);
  }
  // Its nodes may have come to know some of this family since they were asked last.
  const bool has_way_out =
      std::any_of(own_addresses_.begin(), own_addresses_.end(), leads_off_link);
  if (table_.size() == 0 && has_way_out) sibling_->ask_for_other_family(now, out);
}

void Dht::Engine::ask_for_other_family(Instant now, Datagrams& out) {
  if (!is_running()) return;
  const Query query = find_self();
  for (const Contact& node : table_.closest(NodeId::random(rng_), kAskedForOtherFamily)) {
    sender_.send(now, node.endpoint, query, Purpose::contact, 0, out);
  }
}

void Dht::Engine::look_around(Instant now) {
  searches_.add_for_nodes(now, self_.id);
  look_again_at_ = now + kLookAgainAfter;
}

void Dht::Engine::refresh(Instant now) {
  if (look_again_at_ <= now) {
    look_again_at_ = Instant::never();
    searches_.add_for_nodes(now, self_.id);
  }
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
  const auto stored_here = searches_.finish(now, events);
  if (!votes_.elected()) return;
  const Endpoint& own = *votes_.elected();
  for (const InfoHash& info_hash : stored_here.info_hashes) {
    responder_.store().add(now, info_hash, own);
  }
  for (const Item& item : stored_here.items) {
    const bool is_newer_here = responder_.items().refusal(now, item, std::nullopt).has_value();
    if (!is_newer_here) responder_.items().add(now, own.address, item);
  }
}

Instant Dht::Engine::next_timeout() const {
  if (!is_running()) return Instant::never();
  const Instant refresh_at =
      earlier(look_again_at_, std::max(table_.next_refresh(), refresh_not_before_));
  return earlier(earlier(sender_.next_timeout(), searches_.next_timeout()),
                 earlier(bootstrap_.next_round(), refresh_at));
}

}  // namespace lanyard::dht
