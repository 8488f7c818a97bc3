// SPDX-License-Identifier: Apache-2.0
#include "core/dht/query_sender.h"

#include <algorithm>

namespace lanyard::dht {

QuerySender::QuerySender(const Self& self, QueryBudget& budget, Rng& rng, Counters& counters)
    : self_(self), budget_(budget), rng_(rng), counters_(counters) {}

bool QuerySender::send(Instant now,
                       const Endpoint& to,
                       Query query,
                       Purpose purpose,
                       std::uint64_t lookup,
                       Datagrams& out) {
  Instant allowed_at = budget_.allowed_at(to.address);
  if (transactions_.is_full()) allowed_at = std::max(allowed_at, transactions_.next_timeout());
  if (allowed_at > now || transactions_.is_full()) {
    retry_at_ = earlier(retry_at_, allowed_at);
    ++counters_.queries_put_off;
    return false;
  }
  budget_.spend(now, to.address);
  const Transaction& transaction = transactions_.open(now, to, purpose, lookup, rng_);
  query.sender = self_.id;
  query.sender_reachability = self_.reachability;
  query.transaction = transaction.id;
  out.push_back({to, encode(query)});
  counters_.note_sent(out.back().payload.size());
  ++counters_.queries_sent;
  return true;
}

std::optional<Transaction> QuerySender::close(Bytes transaction, const Endpoint& from) {
  const auto closed = transactions_.close(transaction, from);
  if (closed) budget_.note_answer(from.address);
  return closed;
}

std::optional<Transaction> QuerySender::take_expired(Instant now) {
  const auto expired = transactions_.take_expired(now);
  if (expired) budget_.note_silence(now, expired->to.address);
  return expired;
}

}  // namespace lanyard::dht
