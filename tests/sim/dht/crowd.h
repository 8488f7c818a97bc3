// SPDX-License-Identifier: Apache-2.0
// Thousands of whole DHT nodes in one process and in virtual time, on an internet that delays and
// loses datagrams and that has NATs. Everything follows from the seed and from what the owner does
// between runs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "core/base/rng.h"
#include "core/dht/dht.h"
#include "tests/sim/dht/geography.h"
#include "tests/sim/dht/inquiry.h"
#include "tests/sim/dht/timeline.h"
#include "tests/sim/trace.h"

namespace lanyard::sim {

// Whether strangers' datagrams reach a node. behind_nat: only from endpoints that it sent to within
// the last two minutes.
enum class Access : std::uint8_t { open, behind_nat };

// Whoever speaks for nodes that are no Dht of ours.
class Stranger {
 public:
  virtual ~Stranger() = default;
  // What the node sends upon a datagram is appended to out.
  virtual void handle_datagram(Number node, Number from, Bytes payload, Datagrams& out) = 0;
};

class Crowd {
 public:
  // settings of all nodes; where they begin is added for each.
  Crowd(std::uint64_t seed, std::uint32_t loss_percent, dht::Settings settings);

  // Starts a node, which begins at three open ones.
  Number add(Access access);
  // So many nodes altogether, of which about so many per cent are behind NATs; ever more join a
  // second the more there are. Then some time to settle.
  void grow_to(std::size_t size, std::uint32_t behind_nat_percent);
  // Nodes that the stranger speaks for; it must outlive the crowd.
  Number add_stranger(const Endpoint& endpoint, Stranger& stranger);
  void say(Number stranger, Datagrams& out);
  // Neither sends nor receives any more.
  void kill(Number node) { nodes_[node].is_alive = false; }

  // Looks info_hash up and watches what comes of it; one at a time for each node.
  void ask(Number node, const dht::InfoHash& info_hash, dht::Announce announce);
  // There must be a watch.
  const Inquiry& inquiry(Number node) const { return *nodes_[node].inquiry; }
  // Ends the watch.
  Inquiry take_inquiry(Number node);

  void run_for(Duration duration);

  std::size_t size() const { return nodes_.size(); }
  Instant now() const { return now_; }
  std::uint64_t datagrams() const { return datagrams_; }
  std::uint64_t fingerprint() const { return trace_.hash(); }
  // The owner's own dice.
  Rng& rng() { return rng_; }
  Geography& geography() { return geography_; }
  const dht::Dht* dht(Number node) const { return nodes_[node].dht.get(); }
  bool is_alive(Number node) const { return nodes_[node].is_alive; }
  // Answers strangers' queries, so that others may know of it.
  bool is_listed(Number node) const;
  // A node of ours that is alive.
  Number any_node();
  // The nodes that are listed.
  std::vector<dht::Contact> listed() const;

 private:
  struct Node {
    std::unique_ptr<SeededRng> rng;
    std::unique_ptr<dht::Dht> dht;
    Stranger* stranger = nullptr;
    std::unique_ptr<Inquiry> inquiry;
    Access access = Access::open;
    bool is_alive = true;
    Instant wakes_at = Instant::never();
    std::unordered_map<Number, Instant> sent_to;  // only of those behind a NAT
  };

  Number enrol(Access access, const Endpoint& endpoint);
  Number any_open_node();
  bool lets_in(const Node& node, Number from) const;
  void arrive(const Flight& flight);
  void wake(Number number);
  // After whatever a node did: its datagrams leave, its events are told, its alarm is set.
  void settle(Number number);

  SeededRng rng_;
  std::uint32_t loss_percent_;
  dht::Settings settings_;
  Geography geography_;
  Timeline timeline_;
  Trace trace_;
  Instant now_{1'000'000'000'000};
  std::vector<Node> nodes_;
  std::unordered_map<std::uint64_t, Number> by_endpoint_;
  std::uint64_t datagrams_ = 0;
  // Lent to one node at a time: empty between two events.
  Datagrams out_;
  dht::Events events_;
};

}  // namespace lanyard::sim
