// SPDX-License-Identifier: Apache-2.0
// When a mesh calls its members: those it has no session with, and those whose keys are old.
#include <algorithm>
#include <utility>

#include "core/node/mesh.h"
#include "core/tunnel/relayed.h"

namespace lanyard::node {

namespace {

constexpr Duration kRekeyRetry = seconds(5);
// Pauses after 1, 2, … failed attempts of 10 s each; then the last for good.
// Whoever comes back calls us, and its presence or beacon resets this: rare tries lose nothing.
constexpr std::array<Duration, 9> kPauses = {seconds(0),  seconds(1),  seconds(5),
                                             seconds(15), seconds(30), seconds(60),
                                             minutes(2),  minutes(5),  minutes(10)};

std::string addresses_text(std::size_t count) {
  return count == 1 ? "its address" : "its " + std::to_string(count) + " addresses";
}

}  // namespace

bool Mesh::attempt_ended(Turn& turn, tunnel::AttemptId attempt) {
  for (auto& [id, peer] : peers_) {
    if (peer.relay_attempt == attempt) {
      peer.relay_attempt.reset();
      peer.next_relay_attempt = turn.now + kRekeyRetry;
      return true;
    }
    if (peer.attempt != attempt) continue;
    peer.attempt.reset();
    peer.next_attempt = turn.now + kRekeyRetry;
    return true;
  }
  return false;
}

std::optional<network::MemberId> Mesh::attempt_failed(Turn& turn, const tunnel::Failed& failed) {
  for (auto& [id, peer] : peers_) {
    if (peer.relay_attempt == failed.attempt) {
      peer.relay_attempt.reset();
      return id;
    }
    if (peer.attempt != failed.attempt) continue;
    peer.attempt.reset();
    pause(turn, peer);
    switch (failed.reason) {
      case tunnel::FailureReason::version: peer.trouble = control::PathReason::other_version; break;
      case tunnel::FailureReason::cipher:
        peer.trouble = control::PathReason::no_common_cipher;
        break;
      case tunnel::FailureReason::timeout:
        peer.trouble = control::PathReason::no_answer;  // connect() said how many addresses it has
        peer.history.add(turn.now, "did not answer at " + peer.trouble_detail);
    }
  }
  return std::nullopt;
}

void Mesh::cancel_attempts(Turn& turn, Peer& peer) {
  for (auto* const attempt : {&peer.attempt, &peer.relay_attempt}) {
    if (*attempt) turn.handshakes.cancel(**attempt);
    attempt->reset();
  }
}

void Mesh::call_through_relays(Turn& turn,
                               const network::MemberId& id,
                               std::span<const Endpoint> endpoints) {
  const auto it = peers_.find(id);
  if (it == peers_.end()) return;
  Peer& peer = it->second;
  if (peer.relay_attempt) {
    turn.handshakes.add_candidates(turn.now, *peer.relay_attempt, endpoints);
  } else {
    peer.relay_attempt = turn.handshakes.start(turn.now, credentials_id_, endpoints);
  }
}

void Mesh::move_path(Turn& turn, Link& link, const Endpoint& to) {
  const Endpoint before = std::exchange(link.endpoint, to);
  link.leaving = false;
  link.wanted_path.reset();
  turn.forwarding_changed = true;
  const auto owner = link.member ? peers_.find(*link.member) : peers_.end();
  if (owner == peers_.end()) return;
  owner->second.failures = 0;
  owner->second.next_attempt = turn.now;
  // The way back is tried for.
  if (tunnel::is_relayed(to)) learn(turn, owner->first, before);
}

void Mesh::pause(Turn& turn, Peer& peer) {
  const Duration pause = kPauses[std::min<std::size_t>(peer.failures, kPauses.size() - 1)];
  peer.next_attempt = turn.now + turn.rng.jittered(pause, 5);
  ++peer.failures;
}

void Mesh::retry_all(Turn& turn, const network::Digest& digest) {
  for (auto& [id, peer] : peers_) {
    peer.failures = 0;
    if (peer.sending == 0) peer.next_attempt = turn.now;
  }
  // Whom we can still reach learns our new address by this.
  for (auto& [index, link] : links_) {
    if (link.member) link.ping(turn, link.endpoint, digest);
  }
}

std::vector<Endpoint> Mesh::candidates(const Turn& turn,
                                       const Peer& peer,
                                       const network::Member& member) const {
  std::vector<Endpoint> out = peer.learned;
  out.insert(out.end(), member.endpoints.begin(), member.endpoints.end());
  std::vector<Endpoint> usable;
  for (const Endpoint& endpoint : out) {
    // Two members can have the same private address, in two places.
    const bool is_anothers = std::any_of(links_.begin(), links_.end(), [&](const auto& entry) {
      const Link& link = entry.second;
      return link.member && *link.member != peer.id && link.endpoint == endpoint;
    });
    if (is_anothers || !turn.surroundings.is_candidate(endpoint)) continue;
    if (std::find(usable.begin(), usable.end(), endpoint) == usable.end()) {
      usable.push_back(endpoint);
    }
  }
  return usable;
}

void Mesh::connect(Turn& turn, Peer& peer, const network::Member& member) {
  if (peer.attempt || turn.now < peer.next_attempt) return;
  const std::vector<Endpoint> addresses = candidates(turn, peer, member);
  if (addresses.empty()) {
    peer.trouble = control::PathReason::no_address;
    peer.next_attempt = turn.now + kRekeyRetry;
    peer.failures = std::max(peer.failures, 1U);
    return;
  }
  peer.trouble_detail = addresses_text(addresses.size());
  peer.history.add(turn.now, "was called at " + peer.trouble_detail);
  peer.attempt = turn.handshakes.start(turn.now, credentials_id_, addresses);
}

void Mesh::renew_keys(Turn& turn, Peer& peer) {
  const Link& link = links_.at(peer.sending);
  const Duration age = turn.now - link.established;
  const Duration limit = turn.settings.rekey_after;
  // The responder waits an eighth longer, so that one side alone begins (protocol.md 4.5).
  const Duration due = link.initiator == tunnel::Initiator::us ? limit : limit + limit / 8;
  const bool is_relayed = tunnel::is_relayed(link.endpoint);
  auto& attempt = is_relayed ? peer.relay_attempt : peer.attempt;
  if (attempt || turn.now < (is_relayed ? peer.next_relay_attempt : peer.next_attempt)) return;
  if (age < due && !link.session->needs_rekey()) return;
  attempt = turn.handshakes.start(turn.now, credentials_id_, {&link.endpoint, 1});
}

}  // namespace lanyard::node
