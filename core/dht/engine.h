// SPDX-License-Identifier: Apache-2.0
// A Dht's part in one of the two DHTs (BEP 32), IPv4's or IPv6's: routes every input to the parts
// that it is for and lets them act on it. Knows its sibling of the other family, to tell it of
// nodes and to name its nodes to those who want them.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "core/dht/bootstrap.h"
#include "core/dht/budgets.h"
#include "core/dht/dht.h"
#include "core/dht/krpc.h"
#include "core/dht/query_sender.h"
#include "core/dht/responder.h"
#include "core/dht/routing_table.h"
#include "core/dht/searches.h"

namespace lanyard::dht {

class Dht::Engine {
 public:
  // What either family's engine shares with the other; outlives both.
  struct Common {
    Settings settings;
    Rng& rng;
    Counters counters;
    QueryBudget queries;
    AnswerBudget answers;
  };

  Engine(IpFamily family, Common& common);
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  // Once, before anything else.
  void set_sibling(Engine& sibling);

  // Those of the other family are left out.
  void set_own_addresses(std::span<const IpAddress> addresses);
  void set_reachable() { self_.reachability = Reachability::normal; }
  void restore_nodes(std::span<const Contact> nodes) { bootstrap_.restore(nodes); }
  void restore_own_id(const NodeId& id);
  // The socket has this family; start() follows once that is said of both.
  void switch_on(std::uint16_t port);
  void start(Instant now, Datagrams& out);
  void add_bootstrap(Instant now, std::span<const Endpoint> endpoints, Datagrams& out);
  void handle_network_change(Instant now, Datagrams& out);

  void get_peers(Instant now,
                 LookupId lookup,
                 const InfoHash& info_hash,
                 Announce announce,
                 Datagrams& out,
                 Events& events);
  void search_item(
      Instant now, LookupId lookup, const ItemSearch& search, Datagrams& out, Events& events);
  bool is_waiting(LookupId lookup) const { return searches_.is_waiting(lookup); }
  void cancel(LookupId lookup) { searches_.cancel(lookup); }

  // bytes is the size of the datagram that held the message.
  void handle_message(Instant now,
                      const Endpoint& from,
                      const Message& message,
                      std::size_t bytes,
                      Datagrams& out,
                      Events& events);
  void handle_timeout(Instant now, Datagrams& out, Events& events);
  Instant next_timeout() const;

  bool is_running() const { return is_on_; }
  const NodeId& own_id() const { return self_.id; }
  Reachability reachability() const { return self_.reachability; }
  const RoutingTable& table() const { return table_; }
  const OutsideAddressVotes& votes() const { return votes_; }

 private:
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
  void take_vote(Instant now, const Endpoint& voter, const Endpoint& seen, Events& events);
  // Whether a query that came in shows that strangers can reach us.
  bool proves_reachability(const Endpoint& from) const;
  void bind_own_id(Instant now, const IpAddress& outside);
  // Of the nodes told, those that may be asked.
  std::vector<Contact> acceptable(const std::optional<std::vector<Contact>>& told,
                                  const Endpoint& teller) const;
  // Nodes that the other family's answers name.
  void hear_of(Instant now, const std::vector<Contact>& nodes, Datagrams& out);
  bool needs_nodes() const { return is_on_ && table_.size() < kBucketSize; }
  Query find_self() const;
  void ask_for_other_family(Instant now, Datagrams& out);
  void run_bootstrap(Instant now, Datagrams& out);
  // Asks who is near our id, now and once more when those who came at the same time are known.
  void look_around(Instant now);
  void refresh(Instant now);
  // After every input: sends what has become possible and ends what is done.
  void advance(Instant now, Datagrams& out, Events& events);

  IpFamily family_;
  Mode mode_;
  Rng& rng_;
  Counters& counters_;
  Engine* sibling_ = nullptr;
  QueryBudget& queries_;
  QuerySender::Self self_;
  std::vector<IpAddress> own_addresses_;
  RoutingTable table_;
  QuerySender sender_;
  Responder responder_;
  Bootstrap bootstrap_;
  Searches searches_;
  OutsideAddressVotes votes_;
  RateLimit acquaintances_;
  Instant look_again_at_ = Instant::never();
  Instant refresh_not_before_ = Instant::long_ago();
  std::uint16_t port_ = 0;
  bool is_on_ = false;
  bool knows_neighbourhood_ = false;
};

}  // namespace lanyard::dht
