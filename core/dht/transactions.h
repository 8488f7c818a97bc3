// SPDX-License-Identifier: Apache-2.0
// The queries of ours that no answer has come to yet. An answer counts only from the endpoint that
// was asked and with the transaction that it was asked with, which nobody else can guess.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "core/base/bytes.h"
#include "core/base/endpoint.h"
#include "core/base/rng.h"
#include "core/base/time.h"

namespace lanyard::dht {

// What a query was for: contact asks are about the node itself, the others belong to a lookup.
enum class Purpose : std::uint8_t { contact, lookup, announcement };

struct Transaction {
  std::array<std::uint8_t, 4> id{};  // 32 random bits, within the 8 bytes that everyone echoes
  Endpoint to;
  Purpose purpose = Purpose::contact;
  std::uint64_t lookup = 0;  // whose; 0: none
  Instant slow_at;
  Instant expires_at;
  bool is_slow = false;
};

class Transactions {
 public:
  // Most nodes that answer at all do so within a second; the rest has five.
  static constexpr Duration kSlowAfter = seconds(1);
  static constexpr Duration kExpiresAfter = seconds(5);
  static constexpr std::size_t kMaxOpen = 256;

  bool is_full() const { return open_.size() >= kMaxOpen; }
  // Must not be full.
  const Transaction& open(
      Instant now, const Endpoint& to, Purpose purpose, std::uint64_t lookup, Rng& rng);
  // The transaction that this answer ends.
  std::optional<Transaction> close(Bytes id, const Endpoint& from);
  // One that has just become slow; it stays open.
  std::optional<Transaction> take_slow(Instant now);
  std::optional<Transaction> take_expired(Instant now);
  Instant next_timeout() const;

 private:
  std::vector<Transaction> open_;  // in the order of their deadlines
};

}  // namespace lanyard::dht
