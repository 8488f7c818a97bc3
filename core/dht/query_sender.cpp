// SPDX-License-Identifier: Apache-2.0
#include "core/dht/query_sender.h"

#include <algorithm>

namespace lanyard::dht {

QuerySender::QuerySender(const Limits& limits, const NodeId& own_id, Rng& rng, Counters& counters)
    : own_id_(own_id),
      rng_(rng),
      counters_(counters),
      total_rate_{limits.query_burst, limits.query_interval},
      per_address_({limits.query_burst_per_address, limits.query_interval_per_address}) {}

bool QuerySender::send(Instant now,
                       const Endpoint& to,
                       Query query,
                       Purpose purpose,
                       std::uint64_t lookup,
                       Datagrams& out) {
  Instant allowed_at =
      std::max(total_.allowed_at(total_rate_), per_address_.allowed_at(to.address));
  if (transactions_.is_full()) allowed_at = std::max(allowed_at, transactions_.next_timeout());
  if (allowed_at > now || transactions_.is_full()) {
    retry_at_ = earlier(retry_at_, allowed_at);
    ++counters_.queries_put_off;
    return false;
  }
  total_.spend(now, total_rate_);
  per_address_.spend(now, to.address);
  const Transaction& transaction = transactions_.open(now, to, purpose, lookup, rng_);
  query.sender = own_id_;
  query.transaction = transaction.id;
  out.push_back({to, encode(query)});
  ++counters_.queries_sent;
  return true;
}

}  // namespace lanyard::dht
