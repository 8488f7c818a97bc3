// SPDX-License-Identifier: Apache-2.0
#include "core/dht/transactions.h"

#include <algorithm>
#include <cassert>

namespace lanyard::dht {

const Transaction& Transactions::open(
    Instant now, const Endpoint& to, Purpose purpose, std::uint64_t lookup, Rng& rng) {
  assert(!is_full());
  Transaction transaction;
  transaction.id = rng.array<4>();
  transaction.to = to;
  transaction.purpose = purpose;
  transaction.lookup = lookup;
  transaction.slow_at = now + kSlowAfter;
  transaction.expires_at = now + kExpiresAfter;
  return open_.emplace_back(transaction);
}

std::optional<Transaction> Transactions::close(Bytes id, const Endpoint& from) {
  const auto it = std::find_if(open_.begin(), open_.end(), [&](const Transaction& transaction) {
    return transaction.to == from && equal(transaction.id, id);
  });
  if (it == open_.end()) return std::nullopt;
  const Transaction closed = *it;
  open_.erase(it);
  return closed;
}

std::optional<Transaction> Transactions::take_slow(Instant now) {
  const auto it = std::find_if(open_.begin(), open_.end(),
                               [](const Transaction& transaction) { return !transaction.is_slow; });
  if (it == open_.end() || it->slow_at > now) return std::nullopt;
  it->is_slow = true;
  return *it;
}

std::optional<Transaction> Transactions::take_expired(Instant now) {
  if (open_.empty() || open_.front().expires_at > now) return std::nullopt;
  const Transaction expired = open_.front();
  open_.erase(open_.begin());
  return expired;
}

Instant Transactions::next_timeout() const {
  if (open_.empty()) return Instant::never();
  Instant first = open_.front().expires_at;
  for (const Transaction& transaction : open_) {
    if (transaction.is_slow) continue;
    return earlier(first, transaction.slow_at);
  }
  return first;
}

}  // namespace lanyard::dht
