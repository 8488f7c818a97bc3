// SPDX-License-Identifier: Apache-2.0
// Sends our queries within the limits that this node keeps towards others, and remembers them until
// they are answered or given up. A query that a limit puts off is the caller's to send again.
#pragma once

#include <cstdint>
#include <optional>

#include "core/base/datagram.h"
#include "core/base/rng.h"
#include "core/base/time.h"
#include "core/dht/budgets.h"
#include "core/dht/counters.h"
#include "core/dht/krpc.h"
#include "core/dht/transactions.h"

namespace lanyard::dht {

class QuerySender {
 public:
  // What every query says of us.
  struct Self {
    NodeId id;
    Reachability reachability = Reachability::read_only;
  };

  // All must outlive it.
  QuerySender(const Self& self, QueryBudget& budget, Rng& rng, Counters& counters);

  // Fills in sender and transaction. lookup is 0 for Purpose::contact. False: put off; retry_at()
  // tells until when.
  bool send(Instant now,
            const Endpoint& to,
            Query query,
            Purpose purpose,
            std::uint64_t lookup,
            Datagrams& out);

  std::optional<Transaction> close(Bytes transaction, const Endpoint& from);
  std::optional<Transaction> take_slow(Instant now) { return transactions_.take_slow(now); }
  std::optional<Transaction> take_expired(Instant now);
  // It has been silent too often to be asked for the sake of a lookup.
  bool has_given_up(Instant now, const IpAddress& address) const {
    return budget_.is_given_up(now, address);
  }

  // When something put off may be tried again; the caller does and forgets it first.
  Instant retry_at() const { return retry_at_; }
  void forget_retry() { retry_at_ = Instant::never(); }
  // Of the transactions and of retry_at().
  Instant next_timeout() const { return earlier(retry_at_, transactions_.next_timeout()); }

 private:
  const Self& self_;
  QueryBudget& budget_;
  Rng& rng_;
  Counters& counters_;
  Transactions transactions_;
  Instant retry_at_ = Instant::never();
};

}  // namespace lanyard::dht
