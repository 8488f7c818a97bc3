// SPDX-License-Identifier: Apache-2.0
// Detours: the ways to other members through relays. Whoever has no direct path to a member asks
// those that it is connected to, the nearest first, for a circuit; shakes hands through it or moves
// the session that it has onto it; and goes to the next when it fails. Direct paths are the Mesh's
// matter, which goes on trying.
//
// Owned by a LocalNetwork, control thread.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/control/status.h"
#include "core/node/mesh.h"
#include "core/node/session_message.h"
#include "core/node/turn.h"
#include "core/tunnel/relayed.h"

namespace lanyard::node {

struct Detour {
  tunnel::CircuitId id = 0;
  network::MemberId peer;
  network::MemberId via;
  tunnel::CircuitNumber number = 0;  // at the relay
  std::optional<Duration> far;       // round trip between the relay and the peer, as the relay says
  Instant opened;
  Instant probed = Instant::long_ago();

  Endpoint endpoint() const { return tunnel::relayed_endpoint(id); }
};

// How a relayed endpoint is sent to.
struct RelayRoute {
  Endpoint to;
  tunnel::CircuitNumber circuit = 0;
  network::MemberId via;
};

// A path as its user is told of it.
struct PathName {
  control::PathKind kind = control::PathKind::none;
  std::string endpoint;  // the peer's, or its relay's
  std::string via;       // the relay's name; empty: the path is direct

  std::string to_string() const { return via.empty() ? endpoint : "relay " + via; }
};

class Detours {
 public:
  explicit Detours(crypto::NoisePublicKey own_key) : own_key_(own_key) {}

  // nullptr: none leads there. Borrowed until the next call that changes something.
  const Detour* find(const Endpoint& endpoint) const;
  const std::vector<Detour>& all() const { return detours_; }

  // A relay has opened a circuit, at our wish or the peer's.
  void opened(Turn& turn, const network::MemberId& via, const CircuitMessage& message);
  void ended(Turn& turn, const network::MemberId& via, tunnel::CircuitNumber number);
  // Nobody answered at this peer's.
  void failed(Turn& turn, Mesh& mesh, const network::MemberId& peer);
  void clear();

  void tick(Turn& turn, Mesh& mesh, const network::Digest& digest);
  // Wants ticks faster than one a second.
  bool is_busy() const;

 private:
  // How a peer is reached.
  enum class State : std::uint8_t { without_session, leaving, relayed, direct };
  struct Search {
    State state = State::direct;
    Instant next_ask;
    std::uint32_t rounds = 0;
  };

  static State state_of(const Mesh& mesh, const Peer& peer);
  void drop_dead(Turn& turn, Mesh& mesh);
  void seek(Turn& turn, Mesh& mesh, const Peer& peer, const network::Digest& digest);
  void ask(Turn& turn, Mesh& mesh, const Peer& peer, Search& search);
  void shake_hands(Turn& turn, Mesh& mesh, const Peer& peer);
  void probe(Turn& turn, Link& link, const network::MemberId& peer, const network::Digest& digest);
  void improve(Turn& turn, Mesh& mesh, Link& link, const network::Digest& digest);
  std::size_t count_of(const network::MemberId& peer) const;
  // Of both halves; nothing when one is not known.
  std::optional<Duration> round_trip(const Mesh& mesh, const Detour& detour) const;

  crypto::NoisePublicKey own_key_;
  std::vector<Detour> detours_;  // ascending by id
  std::map<network::MemberId, Search> searches_;
};

}  // namespace lanyard::node
