// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/dht/crowd.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <utility>

namespace lanyard::sim {
namespace {

constexpr Duration kMappingLife = seconds(120);  // RFC 4787 REQ-5
constexpr std::size_t kBegunAt = 3;
// Those whom all others begin with are open.
constexpr std::size_t kFirstOpen = 8;
// Joining in a second: one in sixteen of those who are there, and four.
constexpr std::size_t kGrowth = 16;
constexpr std::size_t kLeastGrowth = 4;
constexpr Duration kSettling = seconds(60);

const IpAddress kHomeAddress = IpAddress::from_v4(0xc0a80117);  // 192.168.1.23, as every NAT's

std::uint64_t key_of(const Endpoint& endpoint) {
  return std::uint64_t{endpoint.address.v4_host_order()} << 16 | endpoint.port;
}

}  // namespace

Crowd::Crowd(std::uint64_t seed, std::uint32_t loss_percent, dht::Settings settings)
    : rng_(seed),
      loss_percent_(loss_percent),
      settings_(std::move(settings)),
      geography_(rng_.next_u64()) {}

Number Crowd::enrol(Access access, const Endpoint& endpoint) {
  const auto number = static_cast<Number>(nodes_.size());
  nodes_.emplace_back().access = access;
  by_endpoint_[key_of(endpoint)] = number;
  geography_.settle(endpoint);
  return number;
}

Number Crowd::add(Access access) {
  dht::Settings settings = settings_;
  for (std::size_t n = 0; n < kBegunAt && !nodes_.empty(); ++n) {
    settings.bootstrap.push_back(geography_.endpoint(any_open_node()));
  }
  const Endpoint endpoint = geography_.deal();
  const Number number = enrol(access, endpoint);
  Node& node = nodes_[number];
  node.rng = std::make_unique<SeededRng>(rng_.next_u64());
  node.dht = std::make_unique<dht::Dht>(settings, *node.rng);
  const std::array<IpAddress, 1> own = {access == Access::open ? endpoint.address : kHomeAddress};
  node.dht->set_own_addresses(own);
  node.dht->start(now_, endpoint.port, {.v4 = true}, out_);
  settle(number);
  return number;
}

void Crowd::grow_to(std::size_t size, std::uint32_t behind_nat_percent) {
  while (nodes_.size() < size) {
    const Duration between =
        seconds(1) / static_cast<std::int64_t>(kLeastGrowth + nodes_.size() / kGrowth);
    const bool is_open = nodes_.size() < kFirstOpen || rng_.below(100) >= behind_nat_percent;
    add(is_open ? Access::open : Access::behind_nat);
    run_for(between);
  }
  run_for(kSettling);
}

Number Crowd::add_stranger(const Endpoint& endpoint, Stranger& stranger) {
  const Number number = enrol(Access::open, endpoint);
  nodes_[number].stranger = &stranger;
  return number;
}

void Crowd::say(Number stranger, Datagrams& out) {
  std::swap(out_, out);
  settle(stranger);
}

void Crowd::ask(Number number, const dht::InfoHash& info_hash, dht::Announce announce) {
  Node& node = nodes_[number];
  assert(node.inquiry == nullptr);
  node.inquiry = std::make_unique<Inquiry>(now_, info_hash);
  node.inquiry->begin(node.dht->get_peers(now_, info_hash, announce, out_, events_));
  settle(number);
}

Inquiry Crowd::take_inquiry(Number node) {
  const std::unique_ptr<Inquiry> out = std::move(nodes_[node].inquiry);
  return std::move(*out);
}

void Crowd::run_for(Duration duration) {
  const Instant end = now_ + duration;
  while (timeline_.next_at() <= end) {
    const Timeline::Event event = timeline_.pop();
    now_ = event.at;
    if (event.kind == Timeline::Kind::arrival) {
      arrive(timeline_.land(event));
    } else {
      wake(event.what);
    }
  }
  now_ = end;
}

bool Crowd::lets_in(const Node& node, Number from) const {
  if (node.access == Access::open) return true;
  const auto opened = node.sent_to.find(from);
  return opened != node.sent_to.end() && now_ < opened->second + kMappingLife;
}

void Crowd::arrive(const Flight& flight) {
  Node& node = nodes_[flight.to];
  if (!node.is_alive || !lets_in(node, flight.from)) return;
  trace_.add(static_cast<std::uint64_t>(now_.nanoseconds));
  trace_.add(std::uint64_t{flight.from} << 32 | flight.to);
  if (node.stranger != nullptr) {
    node.stranger->handle_datagram(flight.to, flight.from, flight.payload, out_);
  } else {
    const Endpoint& from = geography_.endpoint(flight.from);
    if (node.inquiry) node.inquiry->note_received(now_, from, flight.payload);
    node.dht->handle_datagram(now_, from, flight.payload, out_, events_);
  }
  settle(flight.to);
}

void Crowd::wake(Number number) {
  Node& node = nodes_[number];
  if (!node.is_alive || node.wakes_at != now_) return;
  node.wakes_at = Instant::never();
  node.dht->handle_timeout(now_, out_, events_);
  settle(number);
}

void Crowd::settle(Number number) {
  Node& node = nodes_[number];
  for (Datagram& datagram : out_) {
    ++datagrams_;
    if (node.inquiry) node.inquiry->note_sent(datagram.to, datagram.payload);
    const auto to = by_endpoint_.find(key_of(datagram.to));
    if (to == by_endpoint_.end() || to->second == number) continue;
    if (node.access == Access::behind_nat) node.sent_to[to->second] = now_;
    if (rng_.below(100) < loss_percent_) continue;
    const Duration jitter = microseconds(static_cast<std::int64_t>(rng_.below(5'000)));
    timeline_.plan_arrival(now_ + geography_.latency(number, to->second) + jitter,
                           {number, to->second, std::move(datagram.payload)});
  }
  out_.clear();
  for (const dht::Event& event : events_) {
    if (node.inquiry) node.inquiry->note_event(now_, event);
  }
  events_.clear();
  if (!node.dht) return;
  const Instant next = std::max(node.dht->next_timeout(), now_);
  if (next == node.wakes_at) return;
  node.wakes_at = next;
  if (next != Instant::never()) timeline_.plan_wakeup(next, number);
}

bool Crowd::is_listed(Number number) const {
  const Node& node = nodes_[number];
  if (!node.dht || !node.is_alive) return false;
  return node.dht->status(now_, IpFamily::v4)->reachability == dht::Reachability::normal;
}

Number Crowd::any_node() {
  while (true) {
    const auto number = static_cast<Number>(rng_.below(nodes_.size()));
    if (nodes_[number].is_alive && nodes_[number].dht && !nodes_[number].inquiry) return number;
  }
}

Number Crowd::any_open_node() {
  while (true) {
    const auto number = static_cast<Number>(rng_.below(nodes_.size()));
    const Node& node = nodes_[number];
    if (node.is_alive && node.dht && node.access == Access::open) return number;
  }
}

std::vector<dht::Contact> Crowd::listed() const {
  std::vector<dht::Contact> out;
  for (Number number = 0; number < nodes_.size(); ++number) {
    if (is_listed(number))
      out.push_back({nodes_[number].dht->own_id(), geography_.endpoint(number)});
  }
  return out;
}

}  // namespace lanyard::sim
