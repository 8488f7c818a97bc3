// SPDX-License-Identifier: Apache-2.0
// Mesh: the sessions of one network. Opens one with every other member that can be reached, keeps
// the best, renews its keys, notices when it dies, and tries again. Who is a member is the roster's
// word; what is said inside the sessions is the network's matter.
//
// Owned by a LocalNetwork, control thread.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/network/roster.h"
#include "core/node/forwarding.h"
#include "core/node/link.h"
#include "core/node/path_history.h"
#include "core/node/turn.h"
#include "core/node/vantage.h"

namespace lanyard::node {

// Bytes of datagrams, since the daemon's start.
struct Traffic {
  std::uint64_t received = 0;
  std::uint64_t sent = 0;
};

// Another member of the network.
struct Peer {
  network::MemberId id;
  crypto::NoisePublicKey noise_key;
  std::vector<tunnel::SessionIndex> links;   // verified sessions with it
  tunnel::SessionIndex sending = 0;          // the one that we send on; 0: none
  std::optional<tunnel::AttemptId> attempt;  // by direct paths
  Instant next_attempt;
  std::optional<tunnel::AttemptId> relay_attempt;  // through relays
  Instant next_relay_attempt = Instant::long_ago();
  std::uint32_t failures = 0;          // attempts in a row without an answer
  std::int64_t presence_sequence = 0;  // that the last attempt was made with
  std::vector<Endpoint> learned;       // where it was before, newest first
  Traffic ended_traffic;               // of sessions that are over
  UnixTime last_seen;                  // 0: never
  std::optional<Vantage> vantage;      // as it says
  PathHistory history;
  // Why there is no session, and what else its words want; nothing: it is being called.
  std::optional<control::PathReason> trouble;
  std::string trouble_detail;
};

class Mesh {
 public:
  Mesh(std::uint32_t credentials_id, crypto::NoisePublicKey own_key)
      : credentials_id_(credentials_id), own_key_(own_key) {}

  // The roster's members as they are now; peers that are no longer among them lose their sessions.
  void follow(Turn& turn, const network::Roster& roster, const network::MemberId& own_id);
  const std::map<network::MemberId, Peer>& peers() const { return peers_; }
  const Peer* find(const network::MemberId& id) const;
  // An address where this member may be; the newest few are kept.
  void learn(Turn& turn, const network::MemberId& id, const Endpoint& endpoint);
  // Those that there is no session with.
  std::vector<network::MemberId> missing() const;
  // From the state file.
  void remember(const network::MemberId& id, const Endpoint& endpoint, UnixTime last_seen);

  Link& add(Turn& turn, Link&& link);
  // nullptr: no such session. Borrowed until a link is added or dropped.
  Link* find_link(tunnel::SessionIndex index);
  const Link* sending_link(const Peer& peer) const;
  Traffic traffic(const Peer& peer) const;
  // Sessions whose membership is not verified.
  std::vector<tunnel::SessionIndex> unverified() const;
  // The membership is verified: the link is that member's from now on.
  void admit(Turn& turn, Link& link, const network::MemberId& id);
  // Ends a session, with a word to its peer unless reason is empty.
  void drop(Turn& turn, tunnel::SessionIndex index, std::string_view reason);
  // The peer said bye: what it said explains why there is no session.
  void ended_by_peer(Turn& turn, Link& link, std::string_view reason);
  // Tells all peers where we stand, when that has changed. Whoever connects later is told then.
  void tell_vantage(Turn& turn);
  // The peer has said where it stands.
  void note_vantage(const network::MemberId& id, const Vantage& vantage);
  // Something that became of the way to this member.
  void note(Turn& turn, const network::MemberId& id, std::string event);
  void drop_all(Turn& turn, std::string_view reason);
  // Something came in on this link, or its path moved.
  void refresh(Turn& turn, Link& link);

  // An attempt of ours has ended; false when it was of no peer.
  bool attempt_ended(Turn& turn, tunnel::AttemptId attempt);
  // The member that was called through relays in vain, if it was one.
  std::optional<network::MemberId> attempt_failed(Turn& turn, const tunnel::Failed& failed);
  // Nothing while that is being done already.
  void call_through_relays(Turn& turn,
                           const network::MemberId& id,
                           std::span<const Endpoint> endpoints);
  // A path answered that is to be taken.
  void move_path(Turn& turn, Link& link, const Endpoint& to);
  // The underlay changed, or all begins anew: peers are called at once, and paths are probed.
  void retry_all(Turn& turn, const network::Digest& digest);

  // Liveness, new keys, new attempts.
  void tick(Turn& turn, const network::Roster& roster);
  // Something is in progress that wants ticks faster than one a second.
  bool is_busy() const;
  bool all_connected() const;
  // Whether frames are on their way, and silence would mean something.
  bool has_traffic(Instant now) const;
  // Where this member is called directly.
  std::vector<Endpoint> candidates(const Turn& turn,
                                   const Peer& peer,
                                   const network::Member& member) const;
  // No session, or one through a relay.
  bool lacks_direct_path(const Peer& peer) const;

  void add_sessions(DeviceId device, const network::Roster& roster, Forwarding& forwarding) const;

  // One link for each connected member but `except` (an index, 0: all).
  std::vector<const Link*> connected(tunnel::SessionIndex except) const;

 private:
  void choose(Turn& turn, Peer& peer);
  void pause(Turn& turn, Peer& peer);
  static void cancel_attempts(Turn& turn, Peer& peer);
  void make_room_at_doors(Turn& turn);
  void check_link(Turn& turn, Link& link, const network::Digest& digest);
  void renew_keys(Turn& turn, Peer& peer);
  void connect(Turn& turn, Peer& peer, const network::Member& member);

  std::uint32_t credentials_id_;
  crypto::NoisePublicKey own_key_;
  std::map<network::MemberId, Peer> peers_;
  std::map<tunnel::SessionIndex, Link> links_;
  Vantage told_vantage_;
};

}  // namespace lanyard::node
