// SPDX-License-Identifier: Apache-2.0
// A small world of DHT nodes in virtual time, for tests: datagrams take some milliseconds, some are
// lost. The same seed gives the same run.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "core/base/rng.h"
#include "core/dht/dht.h"

namespace lanyard::dht {

class Swarm {
 public:
  explicit Swarm(std::uint64_t seed, std::uint32_t loss_percent = 0);

  // Starts a node at once; its number. It lives at node_endpoint(number) and begins at those nodes.
  std::size_t add(std::vector<std::size_t> bootstrap, Mode mode = Mode::private_);
  // Neither sends nor receives any more.
  void kill(std::size_t node);
  void revive(std::size_t node) { nodes_[node].is_alive = true; }

  // Puts one that was just added behind a NAT that lets in only what comes from endpoints it sent
  // to.
  void hide(std::size_t node);
  // Answers neither get nor put, as nodes without BEP 44 do not.
  void take_no_items(std::size_t node) { nodes_[node].takes_items = false; }
  void change_network(std::size_t node);
  std::size_t size() const { return nodes_.size(); }

  // Has the node do something: call(Dht&, Datagrams&, Events&).
  template <typename Call>
  auto call(std::size_t node, Call do_something) {
    Datagrams out;
    const Settling settling{*this, node, out};
    return do_something(*nodes_[node].dht, out, nodes_[node].events);
  }
  LookupId get_peers(std::size_t node, const InfoHash& info_hash, Announce announce);
  void run_for(Duration duration);
  // True when it has come to pass within the time.
  template <typename Condition>
  bool run_until(Duration at_most, Condition condition) {
    const Instant end = now_ + at_most;
    while (!condition()) {
      if (!step(end)) return false;
    }
    return true;
  }

  Dht& dht(std::size_t node) { return *nodes_[node].dht; }
  // Of its part in the DHT of IPv4.
  FamilyStatus status(std::size_t node) const {
    return *nodes_[node].dht->status(now_, IpFamily::v4);
  }
  const Events& events(std::size_t node) const { return nodes_[node].events; }
  std::set<Endpoint> peers_found(std::size_t node, LookupId lookup) const;
  std::optional<LookupDone> done(std::size_t node, LookupId lookup) const;
  Instant now() const { return now_; }
  std::size_t datagrams_sent() const { return sent_; }

 private:
  struct Node {
    std::unique_ptr<SeededRng> rng;
    std::unique_ptr<Dht> dht;
    Events events;
    Instant timer = Instant::never();
    bool is_alive = true;
    bool is_hidden = false;
    bool takes_items = true;
    std::map<Endpoint, Instant> sent_to;
  };
  struct Flight {
    Endpoint from;
    Endpoint to;
    Buffer payload;
  };
  using Sequence = std::uint64_t;  // orders what happens at the same instant

  // After a call has returned what it returns.
  struct Settling {
    Swarm& swarm;
    std::size_t node;
    Datagrams& out;
    ~Settling() { swarm.settle(node, out); }
  };

  bool step(Instant end);
  void deliver(const Flight& flight);
  // After any call of a node: its datagrams leave, its timer is set.
  void settle(std::size_t node, Datagrams& out);

  SeededRng rng_;
  std::uint32_t loss_percent_;
  Instant now_;
  std::vector<Node> nodes_;
  std::map<Endpoint, std::size_t> by_endpoint_;
  std::map<std::pair<Instant, Sequence>, Flight> flights_;
  std::set<std::pair<Instant, std::size_t>> timers_;
  std::size_t sent_ = 0;
};

}  // namespace lanyard::dht
