// SPDX-License-Identifier: Apache-2.0
// LocalNetwork: one network as a member of it sees and serves it: its roster, its sessions, its TAP
// device, its doors (for members and for newcomers with a token), its files. It is handed what the
// node got for it, and knows nothing of other networks.
//
// Owned by the node, control thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/network/redemption.h"
#include "core/node/detours.h"
#include "core/node/discovery.h"
#include "core/node/lan_beacon.h"
#include "core/node/mesh.h"
#include "core/node/missing_members.h"
#include "core/node/network_file.h"
#include "core/node/network_handles.h"
#include "core/node/own_whereabouts.h"
#include "core/node/turn.h"

namespace lanyard::node {

class LocalNetwork {
 public:
  LocalNetwork(NetworkHandles handles, NetworkFile file, network::Roster roster, UnixTime now);
  LocalNetwork(const LocalNetwork&) = delete;
  LocalNetwork& operator=(const LocalNetwork&) = delete;

  const network::NetworkId& id() const { return roster_.network(); }
  const std::string& name() const;
  const NetworkHandles& handles() const { return handles_; }
  const network::Roster& roster() const { return roster_; }
  IpPrefix subnet() const;
  bool is_self(const network::MemberId& id) const { return id == own_id_; }
  bool is_wanted_up() const { return preferences_.wanted == Wanted::up; }
  control::NetworkState state() const;

  // The two doors, while the network is up.
  std::vector<tunnel::Credentials> credentials() const;

  // What is remembered of the last run, before bring_up().
  void remember(Turn& turn, const std::vector<RememberedPath>& paths);
  // With a request's changes of settings. The device follows; see handle_device().
  void bring_up(Turn& turn);
  void change(const std::optional<std::string>& interface, const std::optional<std::uint32_t>& mtu);
  void take_down(Turn& turn, std::string_view reason);
  // Ends all, and the files with it.
  void leave(Turn& turn);
  // The daemon ends: peers are told, and what changed is written.
  void stop(Turn& turn);

  void handle_device(Turn& turn, const Result<std::string>& name);
  // The underlay's addresses changed.
  void handle_surroundings(Turn& turn);
  // Our own outside address did.
  void note_outside(Turn& turn);
  void handle_established(Turn& turn, tunnel::Established&& event, tunnel::Scope scope);
  void handle_failed(Turn& turn, const tunnel::Failed& event);
  // True when the session is of this network.
  bool handle_control(Turn& turn, const ControlFrame& frame);
  // nullptr: none of ours.
  std::shared_ptr<tunnel::Session> find_session(tunnel::SessionIndex index);
  bool handle_new_address(Turn& turn, tunnel::SessionIndex index, const Endpoint& from);
  // True when it could be read, so is for this network.
  bool handle_beacon(Turn& turn, const Endpoint& from, Bytes payload);
  bool handle_peers_found(Turn& turn, const dht::PeersFound& found);
  void handle_lookup_done(Turn& turn, const dht::LookupDone& done);
  void handle_item_found(Turn& turn, const dht::ItemFound& found);
  void handle_item_done(const dht::ItemDone& done) { missing_members_.item_done(done); }
  // An address where a member may be, from a token or a join.
  void introduce(Turn& turn, const Endpoint& endpoint);

  void tick(Turn& turn);
  Instant next_tick() const { return next_tick_; }
  void add_forwarding(const RelayDesk& desk, Forwarding& forwarding) const;
  // Nothing when it is no detour of this network, or its relay is gone.
  std::optional<RelayRoute> route(const Endpoint& relayed) const;
  // Writes what changed.
  void save(Turn& turn);

  Result<control::InviteReply> invite(Turn& turn, const control::CreateInvite& request);
  control::InviteList invites(UnixTime now) const;
  Result<void> revoke_invite(Turn& turn, std::string_view id_start);
  // Ends a member's membership for good. (The network's secret stays as it is.)
  Result<void> revoke_member(Turn& turn, const network::MemberId& member);

  // By name, overlay address or start of the id. The error names the candidates.
  Result<network::MemberId> find_peer(std::string_view text) const;
  // A ping over the best session; nothing when there is none.
  std::optional<PathName> ping(Turn& turn, const network::MemberId& id, const PingNonce& nonce);
  // Why this member, who is not ourselves, is reached the way it is.
  control::Check verdict(const Turn& turn, const network::MemberId& id) const;
  control::PathReport why(const Turn& turn, const network::MemberId& id) const;
  bool is_connected_to_anyone() const { return !mesh_.connected(0).empty(); }
  // Pongs that came in since the last call: for pings that a user asked for.
  std::vector<PingNonce> take_pongs() { return std::exchange(pongs_, {}); }

  // The latest time that a record of the roster gives: no good clock is before it.
  UnixTime newest_record() const;
  // Why the state is `error`.
  const std::string& error_text() const { return trouble_; }
  control::NetworkStatus status(const Turn& turn) const;
  control::NetworkReply reply() const;

 private:
  const network::Member* self() const { return roster_.find(own_id_); }

  // local_network_device.cpp
  void configure_device(Turn& turn);
  std::uint32_t device_mtu(const Turn& turn) const;
  std::vector<IpPrefix> own_addresses() const;

  // local_network_sessions.cpp
  void verify(Turn& turn, tunnel::SessionIndex index);
  void receive(Turn& turn, Link& link, const ControlFrame& frame, SessionMessage& message);
  void receive_ping(Turn& turn, Link& link, const Endpoint& from, const PingMessage& message);
  void receive_pong(Turn& turn, Link& link, const Endpoint& from, const PongMessage& message);
  void receive_claim(Turn& turn, Link& link, const ClaimMessage& message);
  void welcome(Turn& turn, const Link& link, const network::Membership& membership);
  void admit(Turn& turn, Link& link, const network::Member& member);
  void learn_outside(Turn& turn, const std::optional<Endpoint>& observed);
  // Those that are of no member that we have a session with.
  std::vector<Endpoint> strangers(std::vector<Endpoint> endpoints) const;

  // local_network_gossip.cpp
  void apply(Turn& turn, const network::RosterChange& change, tunnel::SessionIndex source);
  void note_invites(Turn& turn, const network::RosterChange& change);
  void forward(Turn& turn, const network::RosterChange& change, tunnel::SessionIndex source) const;
  // We are no member any more: nothing is to be expected from the others.
  void withdraw(Turn& turn);
  void compare_digest(Turn& turn, Link& link, const network::Digest& theirs);
  void receive_have(Turn& turn, Link& link, const HaveMessage& message);
  void receive_want(Turn& turn, Link& link, const WantMessage& message);
  void receive_items(Turn& turn, Link& link, const ItemsMessage& message);
  void send_items(Turn& turn, const Link& link, const std::vector<Buffer>& items) const;
  void publish_presence(Turn& turn);

  // local_network_relays.cpp
  void receive_circuit_request(Turn& turn, const Link& link, const CircuitRequest& message);
  void receive_circuit(Turn& turn, const Link& link, const CircuitMessage& message);
  void receive_circuit_end(Turn& turn, const Link& link, const CircuitEnd& message);
  template <typename Condition>
  void close_circuits(Turn& turn, const Condition& condition);
  void close_all_circuits(Turn& turn);
  void tick_relays(Turn& turn);
  void add_circuits(const RelayDesk& desk, Forwarding& forwarding) const;
  PeerPath path_of(const Link& link) const;
  PathName path_name(const Turn& turn, const Link& link) const;

  // local_network_status.cpp
  control::MemberStatus member_status(const Turn& turn, const network::Member& member) const;
  void fill_path(const Turn& turn, const Link& link, control::MemberStatus& out) const;

  Result<void> revoke(Turn& turn, const network::RevokedKey& key);
  // Before anybody is told: a crash must not give a used or revoked invite back.
  void save_roster_now() { next_roster_save_ = Instant::long_ago(); }

  Discovery::Wanted wanted(const Turn& turn) const;
  void exchange_whereabouts(Turn& turn);
  std::vector<Endpoint> invite_hints(const Turn& turn) const;

  NetworkHandles handles_;
  NetworkKeys keys_;
  NetworkPreferences preferences_;
  network::Membership membership_;
  network::MemberId own_id_;
  network::Roster roster_;
  network::AccessKeys member_access_;
  network::AccessKeys join_access_;
  Mesh mesh_;
  Detours detours_;
  Discovery discovery_;
  OwnWhereabouts own_whereabouts_;
  MissingMembers missing_members_;
  BeaconSchedule beacons_;

  enum class Device : std::uint8_t { closed, opening, open, failed };
  Device device_ = Device::closed;
  std::string device_name_;
  std::string trouble_;  // why the state is `error`
  std::uint32_t mtu_ = 0;
  std::vector<IpPrefix> configured_;

  Instant next_tick_ = Instant::never();
  Instant next_presence_ = Instant::long_ago();
  Instant next_roster_save_ = Instant::long_ago();
  Instant next_expiry_ = Instant::long_ago();
  bool had_open_invite_ = false;
  bool presence_due_ = false;
  bool network_file_due_ = true;
  bool roster_file_due_ = true;
  std::vector<PingNonce> pongs_;
};

}  // namespace lanyard::node
