// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/dht/inquiry.h"

#include <algorithm>
#include <variant>

#include "core/dht/krpc.h"

namespace lanyard::sim {

void Inquiry::note_sent(const Endpoint& to, Bytes payload) {
  const auto message = dht::parse_message(payload);
  const auto* query = message ? std::get_if<dht::Query>(&*message) : nullptr;
  if (query == nullptr || query->info_hash != info_hash_) return;
  ++messages_;
  if (query->method == dht::Method::get_peers) asked_[to].insert(to_buffer(query->transaction));
}

void Inquiry::note_received(Instant now, const Endpoint& from, Bytes payload) {
  const auto asked = asked_.find(from);
  if (asked == asked_.end()) return;
  const auto message = dht::parse_message(payload);
  const auto* answer = message ? std::get_if<dht::Answer>(&*message) : nullptr;
  if (answer == nullptr || !asked->second.contains(to_buffer(answer->transaction))) return;
  answered_at_.emplace(from, now);
  if (!answer->nodes) return;
  for (const dht::Contact& node : *answer->nodes) {
    hops_.emplace(node.endpoint, hops_to(from) + 1);
  }
}

void Inquiry::note_event(Instant now, const dht::Event& event) {
  if (const auto* found = std::get_if<dht::PeersFound>(&event)) {
    if (found->lookup == lookup_) found_.insert(found->peers.begin(), found->peers.end());
  } else if (const auto* done = std::get_if<dht::LookupDone>(&event)) {
    if (done->lookup != lookup_) return;
    done_ = *done;
    done_at_ = now;
  }
}

std::size_t Inquiry::hops_to(const Endpoint& node) const {
  const auto told = hops_.find(node);
  return told == hops_.end() ? 1 : told->second;
}

Duration Inquiry::time_to(const std::vector<dht::Contact>& nodes) const {
  Instant last = begun_;
  for (const dht::Contact& node : nodes) {
    const auto answered = answered_at_.find(node.endpoint);
    if (answered != answered_at_.end()) last = std::max(last, answered->second);
  }
  return last - begun_;
}

}  // namespace lanyard::sim
