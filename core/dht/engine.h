// SPDX-License-Identifier: Apache-2.0
// The inside of a Dht: routes every input to the parts that it is for and lets them act on it.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "core/dht/bootstrap.h"
#include "core/dht/dht.h"
#include "core/dht/krpc.h"
#include "core/dht/query_sender.h"
#include "core/dht/responder.h"
#include "core/dht/routing_table.h"
#include "core/dht/searches.h"

namespace lanyard::dht {

class Dht::Engine {
 public:
  Engine(Settings settings, Rng& rng);

  void restore_nodes(std::span<const Contact> nodes) { bootstrap_.restore(nodes); }
  void start(Instant now, std::uint16_t port, Datagrams& out);
  void add_bootstrap(Instant now, std::span<const Endpoint> endpoints, Datagrams& out);
  void handle_network_change(Instant now, Datagrams& out);

  LookupId get_peers(
      Instant now, const InfoHash& info_hash, Announce announce, Datagrams& out, Events& events);
  void cancel(LookupId lookup) { searches_.cancel(lookup); }

  void handle_datagram(
      Instant now, const Endpoint& from, Bytes payload, Datagrams& out, Events& events);
  void handle_timeout(Instant now, Datagrams& out, Events& events);
  Instant next_timeout() const;

  const NodeId& own_id() const { return own_id_; }
  const RoutingTable& table() const { return table_; }
  const OutsideAddressVotes& votes() const { return votes_; }
  const Counters& counters() const { return counters_; }

 private:
  bool is_running() const { return is_started_ && settings_.mode != Mode::off; }
  void handle_query(Instant now,
                    const Endpoint& from,
                    const Query& query,
                    std::size_t bytes,
                    Datagrams& out,
                    Events& events);
  void handle_answer(
      Instant now, const Endpoint& from, const Answer& answer, Datagrams& out, Events& events);
  void handle_failure(const Endpoint& from, const Failure& failure);
  void handle_expired(Instant now, const Transaction& transaction, Datagrams& out);
  void get_acquainted(Instant now, const Contact& node, Datagrams& out);
  void check_for_place(Instant now, const NodeId& near, Datagrams& out);
  void take_vote(const Endpoint& voter, const Endpoint& seen, Events& events);
  std::vector<Contact> acceptable(const Answer& answer, const Endpoint& teller) const;
  void run_bootstrap(Instant now, Datagrams& out);
  void refresh(Instant now);
  // After every input: sends what has become possible and ends what is done.
  void advance(Instant now, Datagrams& out, Events& events);

  Settings settings_;
  Rng& rng_;
  NodeId own_id_;
  Counters counters_;
  RoutingTable table_;
  QuerySender sender_;
  Responder responder_;
  Bootstrap bootstrap_;
  Searches searches_;
  OutsideAddressVotes votes_;
  RateLimit acquaintances_;
  Instant refresh_not_before_ = Instant::long_ago();
  std::uint16_t port_ = 0;
  bool is_started_ = false;
  bool knows_neighbourhood_ = false;
};

}  // namespace lanyard::dht
