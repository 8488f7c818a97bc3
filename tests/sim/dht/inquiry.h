// SPDX-License-Identifier: Apache-2.0
// One lookup as seen from outside, by the datagrams of the node that makes it: whom it asked and
// what it cost.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "core/base/bytes.h"
#include "core/base/endpoint.h"
#include "core/base/time.h"
#include "core/dht/dht.h"

namespace lanyard::sim {

class Inquiry {
 public:
  Inquiry(Instant begun, const dht::InfoHash& info_hash) : begun_(begun), info_hash_(info_hash) {}

  void begin(dht::LookupId lookup) { lookup_ = lookup; }
  void note_sent(const Endpoint& to, Bytes payload);
  void note_received(Instant now, const Endpoint& from, Bytes payload);
  void note_event(Instant now, const dht::Event& event);

  const dht::InfoHash& info_hash() const { return info_hash_; }
  bool is_done() const { return done_.has_value(); }
  const std::optional<dht::LookupDone>& done() const { return done_; }
  bool has_found(const Endpoint& peer) const { return found_.contains(peer); }
  // Queries of this lookup, announcements too.
  std::size_t messages() const { return messages_; }
  bool has_heard(const Endpoint& node) const { return answered_at_.contains(node); }
  // So many nodes told of one another until this one was asked; 1: the asker knew it itself.
  std::size_t hops_to(const Endpoint& node) const;
  // Until the last one of these answered that did at all.
  Duration time_to(const std::vector<dht::Contact>& nodes) const;
  // Until the end was told.
  Duration duration() const { return done_at_ - begun_; }

 private:
  Instant begun_;
  dht::InfoHash info_hash_;
  std::optional<dht::LookupId> lookup_;
  std::optional<dht::LookupDone> done_;
  Instant done_at_ = Instant::never();
  std::size_t messages_ = 0;
  std::map<Endpoint, std::set<Buffer>> asked_;  // with these transactions
  std::map<Endpoint, std::size_t> hops_;        // of whom an answer named
  std::map<Endpoint, Instant> answered_at_;
  std::set<Endpoint> found_;
};

}  // namespace lanyard::sim
