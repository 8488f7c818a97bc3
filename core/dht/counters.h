// SPDX-License-Identifier: Apache-2.0
// What a DHT node has seen, sent and refused: for metrics and for tests.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace lanyard::dht {

// Why a datagram was dropped or got no answer.
enum class Drop : std::uint8_t {
  switched_off,  // mode off
  no_family,     // of an address family that our socket lacks
  malformed,     // no KRPC message: not bencoded, past a limit, or without t or y
  own_message,   // sent by this very node
  unsolicited,   // an answer or error that nothing outstanding to that endpoint asked for
  source_limit,  // this address asks too often
  total_limit,   // all answers together are at their limit
  read_only,     // a query, while strangers' queries do not reach us (BEP 43)
  count_         // the number of reasons, not one of them
};

std::string_view to_string(Drop reason);

struct Counters {
  std::uint64_t datagrams_received = 0;
  std::uint64_t bytes_received = 0;  // of payload, as the next but one
  std::uint64_t datagrams_sent = 0;
  std::uint64_t bytes_sent = 0;
  std::uint64_t queries_received = 0;
  std::uint64_t answers_received = 0;  // those that were asked for; errors too
  std::uint64_t queries_sent = 0;
  std::uint64_t queries_timed_out = 0;
  std::uint64_t answers_sent = 0;
  std::uint64_t errors_sent = 0;
  std::uint64_t queries_put_off = 0;  // by the limits that this node keeps for itself
  std::array<std::uint64_t, static_cast<std::size_t>(Drop::count_)> dropped{};

  void note_sent(std::size_t bytes) {
    ++datagrams_sent;
    bytes_sent += bytes;
  }
  std::uint64_t& of(Drop reason) { return dropped[static_cast<std::size_t>(reason)]; }
  std::uint64_t of(Drop reason) const { return dropped[static_cast<std::size_t>(reason)]; }
};

}  // namespace lanyard::dht
