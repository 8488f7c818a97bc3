// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/dht/swarm.h"

#include "core/dht/krpc.h"
#include "tests/unit/dht/points.h"

namespace lanyard::dht {

namespace {

constexpr Duration kNatTimeout = seconds(30);  // Linux forgets unanswered UDP flows after that

bool is_about_items(Bytes datagram) {
  const auto message = parse_message(datagram);
  const auto* query = message ? std::get_if<Query>(&*message) : nullptr;
  return query != nullptr && (query->method == Method::get || query->method == Method::put);
}

}  // namespace

Swarm::Swarm(std::uint64_t seed, std::uint32_t loss_percent)
    : rng_(seed), loss_percent_(loss_percent), now_(kStart) {}

std::size_t Swarm::add(std::vector<std::size_t> bootstrap, Mode mode) {
  const std::size_t number = nodes_.size();
  const Endpoint own = node_endpoint(static_cast<std::uint32_t>(number));
  Node& node = nodes_.emplace_back();
  node.rng = std::make_unique<SeededRng>(rng_.next_u64());
  Settings settings;
  settings.mode = mode;
  for (const std::size_t other : bootstrap) {
    settings.bootstrap.push_back(node_endpoint(static_cast<std::uint32_t>(other)));
  }
  node.dht = std::make_unique<Dht>(std::move(settings), *node.rng);
  by_endpoint_[own] = number;
  node.dht->set_own_addresses({&own.address, 1});
  Datagrams out;
  node.dht->start(now_, own.port, Families::only(own.address.family()), out);
  settle(number, out);
  return number;
}

void Swarm::hide(std::size_t node) {
  nodes_[node].is_hidden = true;
  nodes_[node].dht->set_own_addresses({});
}

void Swarm::kill(std::size_t node) { nodes_[node].is_alive = false; }

LookupId Swarm::get_peers(std::size_t node, const InfoHash& info_hash, Announce announce) {
  Datagrams out;
  const LookupId lookup =
      nodes_[node].dht->get_peers(now_, info_hash, announce, out, nodes_[node].events);
  settle(node, out);
  return lookup;
}

void Swarm::change_network(std::size_t node) {
  Datagrams out;
  nodes_[node].dht->handle_network_change(now_, out);
  settle(node, out);
}

void Swarm::run_for(Duration duration) {
  run_until(duration, [] { return false; });
}

std::set<Endpoint> Swarm::peers_found(std::size_t node, LookupId lookup) const {
  std::set<Endpoint> out;
  for (const Event& event : nodes_[node].events) {
    const auto* found = std::get_if<PeersFound>(&event);
    if (found != nullptr && found->lookup == lookup) {
      out.insert(found->peers.begin(), found->peers.end());
    }
  }
  return out;
}

std::optional<LookupDone> Swarm::done(std::size_t node, LookupId lookup) const {
  for (const Event& event : nodes_[node].events) {
    const auto* done = std::get_if<LookupDone>(&event);
    if (done != nullptr && done->lookup == lookup) return *done;
  }
  return std::nullopt;
}

bool Swarm::step(Instant end) {
  const Instant flight_at = flights_.empty() ? Instant::never() : flights_.begin()->first.first;
  const Instant timer_at = timers_.empty() ? Instant::never() : timers_.begin()->first;
  const Instant next = earlier(flight_at, timer_at);
  if (next > end) {
    now_ = end;
    return false;
  }
  now_ = next;
  if (flight_at <= timer_at) {
    const Flight flight = std::move(flights_.begin()->second);
    flights_.erase(flights_.begin());
    deliver(flight);
    return true;
  }
  const std::size_t number = timers_.begin()->second;
  Datagrams out;
  nodes_[number].dht->handle_timeout(now_, out, nodes_[number].events);
  settle(number, out);
  return true;
}

void Swarm::deliver(const Flight& flight) {
  const auto to = by_endpoint_.find(flight.to);
  if (to == by_endpoint_.end() || !nodes_[to->second].is_alive) return;
  Node& node = nodes_[to->second];
  if (node.is_hidden) {
    const auto opened = node.sent_to.find(flight.from);
    if (opened == node.sent_to.end() || opened->second + kNatTimeout < now_) return;
  }
  if (!node.takes_items && is_about_items(flight.payload)) return;
  Datagrams out;
  node.dht->handle_datagram(now_, flight.from, flight.payload, out, node.events);
  settle(to->second, out);
}

void Swarm::settle(std::size_t number, Datagrams& out) {
  Node& node = nodes_[number];
  for (Datagram& datagram : out) {
    ++sent_;
    if (node.is_hidden) node.sent_to[datagram.to] = now_;
    const bool is_lost = rng_.below(100) < loss_percent_;
    const Instant arrives = now_ + milliseconds(10 + static_cast<std::int64_t>(rng_.below(30)));
    if (is_lost || !node.is_alive) continue;
    flights_[{arrives, sent_}] = {node_endpoint(static_cast<std::uint32_t>(number)), datagram.to,
                                  std::move(datagram.payload)};
  }
  timers_.erase({node.timer, number});
  node.timer = node.dht->next_timeout();
  if (node.timer != Instant::never()) timers_.insert({node.timer, number});
}

}  // namespace lanyard::dht
