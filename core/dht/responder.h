// SPDX-License-Identifier: Apache-2.0
// What this node does for others: answers their queries, stores the peers and items they bring.
// Keeps every answer small beside its query, since whoever asks may have forged whose address it
// is.
#pragma once

#include <cstddef>
#include <optional>
#include <variant>
#include <vector>

#include "core/base/bytes.h"
#include "core/base/endpoint.h"
#include "core/base/rng.h"
#include "core/base/time.h"
#include "core/dht/budgets.h"
#include "core/dht/counters.h"
#include "core/dht/item_keeper.h"
#include "core/dht/krpc.h"
#include "core/dht/peer_store.h"
#include "core/dht/routing_table.h"
#include "core/dht/settings.h"
#include "core/dht/write_tokens.h"

namespace lanyard::dht {

class Responder {
 public:
  // All but the limits must outlive it.
  Responder(const Limits& limits,
            const NodeId& own_id,
            const RoutingTable& table,
            AnswerBudget& budget,
            Rng& rng,
            Counters& counters);

  struct StoredPeer {
    InfoHash info_hash;
    Endpoint peer;
  };
  struct Reply {
    Buffer datagram;
    std::optional<StoredPeer> stored;
  };
  // query_bytes is the size of the datagram that held it.
  std::variant<Reply, Drop> answer(Instant now,
                                   const Endpoint& from,
                                   const Query& query,
                                   std::size_t query_bytes);

  PeerStore& store() { return store_; }
  ItemStore& items() { return items_.store(); }
  // The nodes of the other family, for those who want them (BEP 32). Must outlive it.
  void set_other_table(const RoutingTable& other) { other_table_ = &other; }

 private:
  using Outcome = std::variant<Answer, ErrorCode>;

  Outcome find_node(const Endpoint& from, const Query& query) const;
  Outcome sample_infohashes(const Endpoint& from, const Query& query) const;
  Outcome get_peers(Instant now, const Endpoint& from, const Query& query, std::size_t query_bytes);
  Outcome announce_peer(Instant now,
                        const Endpoint& from,
                        const Query& query,
                        std::optional<StoredPeer>& stored);
  Outcome get(Instant now, const Endpoint& from, const Query& query, std::size_t query_bytes);
  Outcome put(Instant now, const Endpoint& from, const Query& query);
  // What is stored under the target, as much of it as the asker may be told.
  void add_item(Instant now,
                const Endpoint& from,
                const Query& query,
                std::size_t query_bytes,
                Answer& answer);
  // The nodes that the asker wants; of both families eight each at most.
  void add_nodes(const Endpoint& from,
                 const Query& query,
                 const NodeId& target,
                 Answer& answer) const;
  Answer blank_answer(const Endpoint& from, const Query& query) const;

  const NodeId& own_id_;
  const RoutingTable& table_;
  const RoutingTable* other_table_ = nullptr;
  Rng& rng_;
  Counters& counters_;
  WriteTokens tokens_;
  WriteTokens::Token token_{};  // of the answer in the making
  PeerStore store_;
  ItemKeeper items_;
  AnswerBudget& budget_;
};

}  // namespace lanyard::dht
