// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/dht/conspiracy.h"

#include <algorithm>
#include <variant>

#include "core/dht/bound_id.h"
#include "core/dht/krpc.h"
#include "core/dht/routing_table.h"

namespace lanyard::sim {
namespace {

constexpr std::size_t kNear = 32;       // those who may be asked near the end of any lookup
constexpr std::size_t kElsewhere = 32;  // and some that may be asked before
constexpr int kRounds = 2;
constexpr Duration kBetweenRounds = seconds(10);
constexpr std::size_t kBoundBytes = 3;  // BEP 42 binds 21 bits
constexpr int kDraws = 64;              // enough to see all of the eight places of an address

}  // namespace

dht::NodeId Conspiracy::place_for(const IpAddress& address) {
  dht::NodeId best = target_;
  best.bytes[dht::kIdBytes - 1] ^= 1;
  if (ids_ == Ids::at_will) {
    const auto free = crowd_.rng().array<8>();
    std::copy(free.begin(), free.end(), best.bytes.end() - 8);
    return best;
  }
  for (int draw = 0; draw < kDraws; ++draw) {
    const dht::NodeId drawn = dht::random_id_for(address, crowd_.rng());
    dht::NodeId place = target_;
    std::copy_n(drawn.bytes.begin(), kBoundBytes, place.bytes.begin());
    place.bytes[dht::kIdBytes - 1] = drawn.bytes[dht::kIdBytes - 1];
    if (draw == 0 || is_closer(place, best, target_)) best = place;
  }
  return best;
}

void Conspiracy::recruit(const Endpoint& endpoint) {
  const Number number = crowd_.add_stranger(endpoint, *this);
  members_[number] = {place_for(endpoint.address), endpoint};
  named_.push_back(members_[number]);
  std::sort(named_.begin(), named_.end(), [this](const dht::Contact& a, const dht::Contact& b) {
    return is_closer(a.id, b.id, target_);
  });
  if (named_.size() > dht::kBucketSize) named_.pop_back();
}

void Conspiracy::introduce() {
  std::vector<dht::Contact> victims = crowd_.listed();
  for (int round = 0; round < kRounds; ++round) {
    std::sort(victims.begin(), victims.end(), [this](const dht::Contact& a, const dht::Contact& b) {
      return is_closer(a.id, b.id, target_);
    });
    for (const auto& [number, self] : members_) {
      dht::Query query;
      query.transaction = as_bytes("aa");
      query.method = dht::Method::find_node;
      query.sender = self.id;
      query.target = target_;
      const Buffer datagram = encode(query);
      Datagrams out;
      for (std::size_t n = 0; n < std::min(kNear, victims.size()); ++n) {
        out.push_back({victims[n].endpoint, datagram});
      }
      for (std::size_t n = 0; n < kElsewhere; ++n) {
        out.push_back({victims[crowd_.rng().below(victims.size())].endpoint, datagram});
      }
      crowd_.say(number, out);
    }
    crowd_.run_for(kBetweenRounds);
  }
}

void Conspiracy::disband() {
  for (const auto& [number, self] : members_) crowd_.kill(number);
}

void Conspiracy::handle_datagram(Number node, Number from, Bytes payload, Datagrams& out) {
  const auto message = dht::parse_message(payload);
  const auto* query = message ? std::get_if<dht::Query>(&*message) : nullptr;
  if (query == nullptr) return;
  const Endpoint& asker = crowd_.geography().endpoint(from);
  dht::Answer answer;
  answer.transaction = query->transaction;
  answer.sender = members_.at(node).id;
  answer.asker = asker;
  if (query->method != dht::Method::ping && query->method != dht::Method::announce_peer) {
    answer.nodes = named_;
    answer.token = as_bytes("believe me");
  }
  out.push_back({asker, encode(answer)});
}

}  // namespace lanyard::sim
