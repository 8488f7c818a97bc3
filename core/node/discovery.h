// SPDX-License-Identifier: Apache-2.0
// Discovery: how the members of one network, and newcomers with a token, find each other where
// nobody can tell them of each other: when to announce and to look in the DHT, and whom to try.
// Two doors, as in handshakes: that of members and that of newcomers. Owned by a LocalNetwork,
// control thread.
#pragma once

#include <cstdint>
#include <optional>

#include "core/node/introductions.h"
#include "core/node/rendezvous.h"
#include "core/node/turn.h"

namespace lanyard::node {

class Discovery {
 public:
  // Whom there is to look for.
  struct Wanted {
    enum class Members : std::uint8_t { none, some, all } members = Members::none;
    enum class Newcomers : std::uint8_t { no, yes } newcomers = Newcomers::no;  // an open invite
  };

  Discovery(std::uint32_t member_credentials, std::uint32_t join_credentials);

  // The network comes up, or is in another place: what was announced and tried is void.
  void begin(Turn& turn);
  // There is an invite that was not there before.
  void expect_newcomers(Instant now);
  void stop(Turn& turn);
  // keys are the same at each call.
  void tick(Turn& turn,
            const network::AccessKeys& member_keys,
            const network::AccessKeys& join_keys,
            const Wanted& wanted);

  Introductions& door(tunnel::Scope scope) {
    return scope == tunnel::Scope::member ? at_members_door_ : at_newcomers_door_;
  }
  // An attempt of either door has led to a session, or has failed; others are ignored.
  void answered(Turn& turn, tunnel::AttemptId attempt);
  void failed(Turn& turn, tunnel::AttemptId attempt);
  bool is_active() const { return at_members_door_.is_active() || at_newcomers_door_.is_active(); }

  // At whose door those are who are found under this hash; nothing: it is none of ours.
  std::optional<tunnel::Scope> owner(const dht::InfoHash& info_hash) const;
  void lookup_done(Turn& turn, const dht::LookupDone& done);

 private:
  Duration member_look_interval(Instant now, Wanted::Members missing) const;
  Duration join_look_interval(Instant now) const;

  Introductions at_members_door_;
  Introductions at_newcomers_door_;
  Rendezvous of_members_;
  Rendezvous of_newcomers_;
  Instant began_;
  Instant invited_at_ = Instant::long_ago();
};

}  // namespace lanyard::node
