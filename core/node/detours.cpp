// SPDX-License-Identifier: Apache-2.0
#include "core/node/detours.h"

#include <algorithm>

namespace lanyard::node {

namespace {

// A direct path takes a round trip or two where there is one. A person waits for the first packet.
constexpr Duration kDirectFirst = milliseconds(400);
constexpr Duration kYield = milliseconds(600);  // of the higher key, as in the Mesh
constexpr Duration kSpareAfter = seconds(2);    // the next relay is looked for in peace
constexpr std::size_t kAskedAtOnce = 3;         // most of them will have a path to a member
constexpr std::size_t kMaxOfPeer = 4;           // relays offer them unasked, at the peer's wish
constexpr std::size_t kWantedOfPeer = 2;        // the one in use and a spare
constexpr Duration kFirstPause = milliseconds(500);
constexpr std::uint32_t kMaxDoublings = 7;   // about a minute
constexpr Duration kFarthest = seconds(60);  // not measured yet
constexpr Duration kProbeEvery = milliseconds(200);
// Better by less is not worth a change.
constexpr Duration kImprovement = milliseconds(2);
constexpr Duration kImproveEvery = seconds(5);

bool carries(const Mesh& mesh, const network::MemberId& relay) {
  const Peer* const peer = mesh.find(relay);
  const Link* const link = peer == nullptr ? nullptr : mesh.sending_link(*peer);
  return link != nullptr && !tunnel::is_relayed(link->endpoint);
}

}  // namespace

const Detour* Detours::find(const Endpoint& endpoint) const {
  const auto found = std::ranges::find(detours_, endpoint, &Detour::endpoint);
  return found == detours_.end() ? nullptr : &*found;
}

std::size_t Detours::count_of(const network::MemberId& peer) const {
  return static_cast<std::size_t>(std::ranges::count(detours_, peer, &Detour::peer));
}

void Detours::opened(Turn& turn, const network::MemberId& via, const CircuitMessage& message) {
  const auto known = std::ranges::find_if(detours_, [&](const Detour& detour) {
    return detour.via == via && detour.peer == message.member;
  });
  if (known != detours_.end()) {
    known->far = message.far;
    if (known->number == message.number) return;
    detours_.erase(known);  // the relay has forgotten it, or was restarted
  }
  if (count_of(message.member) >= kMaxOfPeer) return;
  detours_.push_back({.id = turn.relay_desk.next_id(),
                      .peer = message.member,
                      .via = via,
                      .number = message.number,
                      .far = message.far,
                      .opened = turn.now});
  turn.forwarding_changed = true;
}

void Detours::ended(Turn& turn, const network::MemberId& via, tunnel::CircuitNumber number) {
  const std::size_t gone = std::erase_if(
      detours_, [&](const Detour& detour) { return detour.via == via && detour.number == number; });
  if (gone != 0) turn.forwarding_changed = true;
}

void Detours::failed(Turn& turn, Mesh& mesh, const network::MemberId& peer) {
  for (const Detour& detour : detours_) {
    if (detour.peer != peer) continue;
    const Peer* const relay = mesh.find(detour.via);
    const Link* const link = relay == nullptr ? nullptr : mesh.sending_link(*relay);
    if (link != nullptr) link->send(turn, encode(CircuitEnd{detour.number}));
  }
  std::erase_if(detours_, [&](const Detour& detour) { return detour.peer == peer; });
  turn.forwarding_changed = true;
}

void Detours::clear() {
  detours_.clear();
  searches_.clear();
}

bool Detours::is_busy() const {
  return std::ranges::any_of(searches_, [](const auto& entry) {
    const Search& search = entry.second;
    return search.state == State::leaving ||
           (search.state == State::without_session && search.rounds < kAskedAtOnce);
  });
}

Detours::State Detours::state_of(const Mesh& mesh, const Peer& peer) {
  const Link* const link = mesh.sending_link(peer);
  if (link == nullptr) return State::without_session;
  if (link->leaving) return State::leaving;
  return tunnel::is_relayed(link->endpoint) ? State::relayed : State::direct;
}

void Detours::tick(Turn& turn, Mesh& mesh, const network::Digest& digest) {
  drop_dead(turn, mesh);
  for (const auto& [id, peer] : mesh.peers()) seek(turn, mesh, peer, digest);
  std::erase_if(searches_, [&](const auto& entry) { return mesh.find(entry.first) == nullptr; });
}

// Relays that we have lost, and peers that are members no more.
void Detours::drop_dead(Turn& turn, Mesh& mesh) {
  const std::size_t gone = std::erase_if(detours_, [&](const Detour& detour) {
    return !carries(mesh, detour.via) || mesh.find(detour.peer) == nullptr;
  });
  if (gone != 0) turn.forwarding_changed = true;
}

void Detours::seek(Turn& turn, Mesh& mesh, const Peer& peer, const network::Digest& digest) {
  Link* const link = mesh.find_link(peer.sending);
  if (link != nullptr && tunnel::is_relayed(link->endpoint) && find(link->endpoint) == nullptr) {
    link->leaving = true;
  }
  const State state = state_of(mesh, peer);
  if (state == State::direct) {
    searches_.erase(peer.id);
    return;
  }
  Search& search = searches_[peer.id];
  if (search.state != state) {
    search = {.state = state, .next_ask = turn.now, .rounds = 0};
    if (state == State::without_session) {
      search.next_ask = turn.now + kDirectFirst + (own_key_ < peer.noise_key ? Duration{} : kYield);
    } else if (state == State::relayed) {
      search.next_ask = turn.now + kSpareAfter;
    }
  }
  switch (state) {
    case State::without_session: shake_hands(turn, mesh, peer); break;
    case State::leaving: probe(turn, *link, peer.id, digest); break;
    case State::relayed: improve(turn, mesh, *link, digest); break;
    case State::direct: break;
  }
  const bool has_enough = state == State::relayed && count_of(peer.id) >= kWantedOfPeer;
  if (turn.now >= search.next_ask && !has_enough) ask(turn, mesh, peer, search);
}

// The nearest first, then those that are further away.
void Detours::ask(Turn& turn, Mesh& mesh, const Peer& peer, Search& search) {
  std::vector<const Link*> relays;
  for (const Link* const link : mesh.connected(peer.sending)) {
    if (link->leaving || tunnel::is_relayed(link->endpoint) || link->member == peer.id) continue;
    relays.push_back(link);
  }
  std::ranges::stable_sort(
      relays, {}, [](const Link* link) { return link->liveness.round_trip().value_or(kFarthest); });
  for (std::size_t i = 0; i < std::min(kAskedAtOnce, relays.size()); ++i) {
    const Link& relay = *relays[(search.rounds * kAskedAtOnce + i) % relays.size()];
    relay.send(turn, encode(CircuitRequest{peer.id}));
  }
  search.next_ask =
      turn.now + kFirstPause * (std::int64_t{1} << std::min(search.rounds, kMaxDoublings));
  ++search.rounds;
}

void Detours::shake_hands(Turn& turn, Mesh& mesh, const Peer& peer) {
  const Duration patience = own_key_ < peer.noise_key ? Duration{} : kYield;
  std::vector<Endpoint> endpoints;
  for (const Detour& detour : detours_) {
    if (detour.peer == peer.id && turn.now - detour.opened >= patience) {
      endpoints.push_back(detour.endpoint());
    }
  }
  if (!endpoints.empty()) mesh.call_through_relays(turn, peer.id, endpoints);
}

// The session has lost its path: whichever detour answers first is the next one.
void Detours::probe(Turn& turn,
                    Link& link,
                    const network::MemberId& peer,
                    const network::Digest& digest) {
  for (Detour& detour : detours_) {
    if (detour.peer != peer || detour.endpoint() == link.endpoint) continue;
    if (turn.now - detour.probed < kProbeEvery) continue;
    detour.probed = turn.now;
    link.ping(turn, detour.endpoint(), digest, PingMessage::Intent::move);
  }
}

void Detours::improve(Turn& turn, Mesh& mesh, Link& link, const network::Digest& digest) {
  const Detour* const current = find(link.endpoint);
  const auto now = round_trip(mesh, *current);
  if (!now) return;
  for (Detour& detour : detours_) {
    if (detour.peer != current->peer || detour.id == current->id) continue;
    const auto other = round_trip(mesh, detour);
    if (!other || *other + *other / 4 + kImprovement >= *now) continue;
    if (turn.now - detour.probed < kImproveEvery) continue;
    detour.probed = turn.now;
    link.wanted_path = detour.endpoint();
    link.ping(turn, detour.endpoint(), digest, PingMessage::Intent::move);
  }
}

std::optional<Duration> Detours::round_trip(const Mesh& mesh, const Detour& detour) const {
  const Peer* const relay = mesh.find(detour.via);
  const Link* const link = relay == nullptr ? nullptr : mesh.sending_link(*relay);
  if (link == nullptr || !detour.far || !link->liveness.round_trip()) return std::nullopt;
  return *link->liveness.round_trip() + *detour.far;
}

}  // namespace lanyard::node
