// SPDX-License-Identifier: Apache-2.0
// Introductions: handshakes with addresses of which it is not known who is there, as the DHT, a LAN
// beacon or a token names them. Each address is worth one attempt at a time, and another only after
// a rest. Owned by one network or join, control thread.
//
// What the DHT names is a rumour: anybody may have put it there, and the address may be a victim's.
// It is worth a probe of a few datagrams, which only who has the network's or the token's secret
// answers; probes are limited in number, and an address that never answers is remembered as junk,
// which rests ever longer, for hours in the end.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "core/base/endpoint.h"
#include "core/dht/rate_limit.h"
#include "core/node/turn.h"

namespace lanyard::node {

class Introductions {
 public:
  struct Pace {
    Duration rest;  // after the first attempt with an address
    // With each that nobody answers the rest doubles, up to 32 times; that of rumours grows by
    // this, up to kJunkRest.
    std::int64_t rumour_growth = 2;
  };

  // Hours: a NAT's address changes hands sooner or later, and members have other ways to tell where
  // they are.
  static constexpr Duration kJunkRest = hours(4);
  // As many at once, then one in two seconds: a hundred datagrams a minute at most.
  static constexpr dht::Rate kRumourProbes{16, seconds(2)};
  // Of one node's answer, or the loudest liar would use them all up.
  static constexpr std::size_t kProbesPerAnswer = 8;

  Introductions(std::uint32_t credentials_id, Pace pace)
      : credentials_id_(credentials_id), pace_(pace) {}

  // By somebody who has the secret: a token, a beacon, a member.
  void offer(Turn& turn, const Endpoint& endpoint);
  // What one node of the DHT has answered.
  void offer_rumours(Turn& turn, std::span<const Endpoint> endpoints);

  // An attempt has led to a session, or has failed; false when it was not one of these.
  bool answered(Turn& turn, tunnel::AttemptId attempt);
  bool failed(Turn& turn, tunnel::AttemptId attempt);
  // Whoever is there has come to us: it is no junk.
  void clear_name(const Endpoint& endpoint);
  void cancel_all(Turn& turn);
  bool is_active() const;

  // Addresses of which nothing authentic has ever come, though they were tried.
  std::size_t junk() const;

 private:
  struct Try {
    Endpoint endpoint;
    std::optional<tunnel::AttemptId> attempt;
    Instant last_ended = Instant::long_ago();
    std::uint32_t failures = 0;  // in a row
  };

  std::vector<Try>::iterator find(tunnel::AttemptId attempt);
  // The try with this address, a new one if need be; nullptr when there is no room.
  Try* room_for(const Endpoint& endpoint);
  bool is_rested(const Turn& turn, const Try& known, std::int64_t growth, Duration longest) const;
  // True: a probe was begun.
  bool probe(Turn& turn, const Endpoint& endpoint);

  std::uint32_t credentials_id_;
  Pace pace_;
  std::vector<Try> tries_;  // at most kMaxTries, oldest first
  std::size_t active_ = 0;  // of these, those with an attempt
  dht::RateLimit rumour_probes_;
};

}  // namespace lanyard::node
