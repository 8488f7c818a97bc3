// SPDX-License-Identifier: Apache-2.0
// Relaying in a network (protocol.md 6.5): what we relay for others, and the detours by which we
// reach members ourselves.
#include <algorithm>
#include <utility>

#include "core/node/local_network.h"

namespace lanyard::node {

namespace {

// The session that a member is sent to on, if its path is direct and works: a circuit has one hop.
const Link* direct_link(const Mesh& mesh, const network::MemberId& id) {
  const Peer* const peer = mesh.find(id);
  const Link* const link = peer == nullptr ? nullptr : mesh.sending_link(*peer);
  if (link == nullptr || link->leaving || tunnel::is_relayed(link->endpoint)) return nullptr;
  return link;
}

}  // namespace

void LocalNetwork::receive_circuit_request(Turn& turn,
                                           const Link& link,
                                           const CircuitRequest& message) {
  if (!link.member || *link.member == message.member) return;
  const auto refuse = [&](CircuitRefusalReason reason) {
    link.send(turn, encode(CircuitRefusal{message.member, reason}));
  };
  if (turn.settings.relay == Relay::off) return refuse(CircuitRefusalReason::off);
  const Link* const near = direct_link(mesh_, *link.member);
  const Link* const far = direct_link(mesh_, message.member);
  if (near == nullptr || far == nullptr) return refuse(CircuitRefusalReason::unreachable);
  const auto* const circuit = turn.relay_desk.open(turn.now, handles_.member_credentials,
                                                   *link.member, message.member, turn.rng);
  if (circuit == nullptr) return refuse(CircuitRefusalReason::full);
  const RelayDesk::Half& here = *circuit->of(*link.member);
  const RelayDesk::Half& there = circuit->opposite(*link.member);
  far->send(turn, encode(CircuitMessage{there.number, *link.member, near->liveness.round_trip()}));
  link.send(turn, encode(CircuitMessage{here.number, message.member, far->liveness.round_trip()}));
  turn.forwarding_changed = true;
}

void LocalNetwork::receive_circuit(Turn& turn, const Link& link, const CircuitMessage& message) {
  if (!link.member || message.member == own_id_ || mesh_.find(message.member) == nullptr) return;
  detours_.opened(turn, *link.member, message);
  next_tick_ = earlier(next_tick_, turn.now);
}

// By the relay, or by an end for which we relay.
void LocalNetwork::receive_circuit_end(Turn& turn, const Link& link, const CircuitEnd& message) {
  if (!link.member) return;
  detours_.ended(turn, *link.member, message.number);
  close_circuits(turn, [&](const RelayDesk::Circuit& circuit) {
    const RelayDesk::Half* const half = circuit.of(*link.member);
    return half != nullptr && half->number == message.number;
  });
  next_tick_ = earlier(next_tick_, turn.now);
}

// Tells both ends of each that fulfils the condition.
template <typename Condition>
void LocalNetwork::close_circuits(Turn& turn, const Condition& condition) {
  const auto closed = turn.relay_desk.close_if(handles_.member_credentials, condition);
  for (const RelayDesk::Circuit& circuit : closed) {
    for (const RelayDesk::Half* const half : {&circuit.first, &circuit.second}) {
      const Link* const link = direct_link(mesh_, half->member);
      if (link != nullptr) link->send(turn, encode(CircuitEnd{half->number}));
    }
    turn.forwarding_changed = true;
  }
}

void LocalNetwork::close_all_circuits(Turn& turn) {
  close_circuits(turn, [](const RelayDesk::Circuit&) { return true; });
  detours_.clear();
}

void LocalNetwork::tick_relays(Turn& turn) {
  close_circuits(turn, [&](const RelayDesk::Circuit& circuit) {
    return turn.now - circuit.last_used >= RelayDesk::kIdle ||
           direct_link(mesh_, circuit.first.member) == nullptr ||
           direct_link(mesh_, circuit.second.member) == nullptr;
  });
  detours_.tick(turn, mesh_, roster_.digest());
}

std::optional<RelayRoute> LocalNetwork::route(const Endpoint& relayed) const {
  const Detour* const detour = detours_.find(relayed);
  const Peer* const relay = detour == nullptr ? nullptr : mesh_.find(detour->via);
  const Link* const link = relay == nullptr ? nullptr : mesh_.sending_link(*relay);
  if (link == nullptr || tunnel::is_relayed(link->endpoint)) return std::nullopt;
  return RelayRoute{link->endpoint, detour->number, detour->via};
}

PeerPath LocalNetwork::path_of(const Link& link) const {
  if (!tunnel::is_relayed(link.endpoint)) return {link.session, link.endpoint, 0};
  const auto relay = route(link.endpoint);
  if (!relay) return {};
  return {link.session, relay->to, relay->circuit};
}

void LocalNetwork::add_circuits(const RelayDesk& desk, Forwarding& forwarding) const {
  for (const Detour& detour : detours_.all()) {
    const auto relay = route(detour.endpoint());
    if (relay) forwarding.circuits.push_back({relay->circuit, relay->to, detour.endpoint(), {}});
  }
  for (const RelayDesk::Circuit& circuit : desk.circuits()) {
    if (circuit.network != handles_.member_credentials) continue;
    const Link* const first = direct_link(mesh_, circuit.first.member);
    const Link* const second = direct_link(mesh_, circuit.second.member);
    if (first == nullptr || second == nullptr) continue;
    forwarding.circuits.push_back({circuit.first.number,
                                   first->endpoint,
                                   {},
                                   {second->endpoint, circuit.second.number, circuit.first.meter}});
    forwarding.circuits.push_back({circuit.second.number,
                                   second->endpoint,
                                   {},
                                   {first->endpoint, circuit.first.number, circuit.second.meter}});
  }
}

PathName LocalNetwork::path_name(const Turn& turn, const Link& link) const {
  if (!tunnel::is_relayed(link.endpoint)) {
    const bool is_near = turn.surroundings.is_on_link(link.endpoint.address);
    return {is_near ? control::PathKind::lan : control::PathKind::direct, link.endpoint.to_string(),
            ""};
  }
  const auto relay = route(link.endpoint);
  if (!relay) return {control::PathKind::relay, "", "a member that is gone"};
  const network::Member* const member = roster_.find(relay->via);
  return {control::PathKind::relay, relay->to.to_string(), member == nullptr ? "" : member->name};
}

}  // namespace lanyard::node
