// SPDX-License-Identifier: Apache-2.0
// Joining: the newcomer's side of a token (protocol.md 6.3). Looks for any member in every way at
// once, shakes hands with the join secret, checks that whoever answers belongs to the network of
// the token, claims, and checks the welcome. It ends with a network's file and roster, or with why
// not.
//
// Owned by the node until it has ended, control thread. Nothing of it is kept on disk before that.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "core/network/redemption.h"
#include "core/node/forwarding.h"
#include "core/node/introductions.h"
#include "core/node/lan_beacon.h"
#include "core/node/link.h"
#include "core/node/network_file.h"
#include "core/node/rendezvous.h"
#include "core/node/turn.h"

namespace lanyard::node {

struct JoinWish {
  std::string member_name;
  std::string interface;  // empty: any
};

class Joining {
 public:
  struct Joined {
    NetworkFile file;
    network::Roster roster;
    std::vector<Endpoint> members;  // where the members that we spoke with are
  };

  Joining(Turn& turn,
          std::uint32_t credentials_id,
          RequestId request,
          network::Token token,
          JoinWish wish);
  Joining(const Joining&) = delete;
  Joining& operator=(const Joining&) = delete;

  const network::NetworkId& network() const { return token_.network(); }
  std::uint32_t credentials_id() const { return credentials_id_; }
  RequestId request() const { return request_; }
  tunnel::Credentials credentials() const;

  void handle_established(Turn& turn, tunnel::Established&& event);
  void handle_failed(Turn& turn, const tunnel::Failed& event);
  bool handle_control(Turn& turn, const ControlFrame& frame);
  // nullptr: none of ours.
  std::shared_ptr<tunnel::Session> find_session(tunnel::SessionIndex index) const;
  bool handle_peers_found(Turn& turn, const dht::PeersFound& found);
  void handle_lookup_done(Turn& turn, const dht::LookupDone& done);
  bool handle_beacon(Turn& turn, const Endpoint& from, Bytes payload);
  void handle_surroundings(Turn& turn);
  void tick(Turn& turn);
  Instant next_tick() const { return next_tick_; }
  void add_sessions(Forwarding& forwarding) const;

  // Set once it has ended; then it is to be stopped and dropped.
  const std::optional<Result<void>>& outcome() const { return outcome_; }
  // After a good outcome, once.
  Joined take_joined();
  void stop(Turn& turn, std::string_view reason);

 private:
  void progress(Turn& turn, std::string text);
  void receive(Turn& turn, Link& link, SessionMessage& message);
  void receive_items(Turn& turn, const ItemsMessage& message);
  void receive_welcome(Turn& turn, Link& link, const WelcomeMessage& message);
  void receive_refusal(Turn& turn, const Link& link, const RefusalMessage& message);
  // Claims at whoever has proven to be a member.
  void claim(Turn& turn, Link& link);
  bool is_member(const Link& link) const;
  bool check_subnet(Turn& turn);
  void drop(Turn& turn, tunnel::SessionIndex index, std::string_view reason);
  void fail(Turn& turn, Error error);
  Error not_found() const;

  std::uint32_t credentials_id_;
  RequestId request_;
  network::Token token_;
  JoinWish wish_;
  crypto::IdentityKey identity_;
  crypto::NoiseKey noise_;
  network::Claim claim_;
  network::AccessKeys access_;
  network::Roster roster_;
  std::map<tunnel::SessionIndex, Link> links_;
  Introductions introductions_;
  Rendezvous rendezvous_;
  BeaconSchedule beacons_;
  Instant started_;
  Instant next_tick_;
  Instant next_hints_ = Instant::long_ago();
  std::uint32_t found_in_dht_ = 0;
  std::uint32_t sessions_ = 0;
  std::string last_progress_;
  std::optional<Result<void>> outcome_;
  // What the first member to refuse said; another may still admit us.
  std::optional<Error> refusal_;
  Instant give_up_ = Instant::never();
  std::optional<network::Membership> membership_;
  std::optional<network::NetworkSecret> secret_;
  std::int64_t epoch_ = 0;
};

}  // namespace lanyard::node
