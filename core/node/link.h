// SPDX-License-Identifier: Apache-2.0
// Link: one session with what the control plane knows about it: who is at its other end, where
// that is, and how it fares. A member may have several while keys change. Owned by the network or
// the join that it belongs to, control thread.
#pragma once

#include <memory>
#include <optional>

#include "core/network/identifiers.h"
#include "core/node/liveness.h"
#include "core/node/turn.h"
#include "core/tunnel/handshakes.h"

namespace lanyard::node {

struct Link {
  Link(Turn& turn, tunnel::Established&& event, tunnel::Scope door);

  std::shared_ptr<tunnel::Session> session;
  tunnel::Scope scope;
  tunnel::Initiator initiator;
  bool lower_key_initiated;
  tunnel::Side remote_side;
  crypto::NoisePublicKey remote_key;
  Buffer remote_membership;
  std::optional<Endpoint> observed;  // our own address, as the peer said in the handshake
  Endpoint endpoint;                 // its path: where we send to
  Instant established;
  Liveness liveness;
  std::optional<network::MemberId> member;  // once the membership is verified
  Instant last_have = Instant::long_ago();  // when our whole roster was last listed to the peer
  Instant last_heard_have = Instant::long_ago();
  Instant last_want = Instant::long_ago();
  // Datagrams came from elsewhere, and the workers will not say so again until they are rearmed.
  bool heard_elsewhere = false;
  // Nothing comes back on the path: any other that answers is taken.
  bool leaving = false;
  // A relayed path that is taken once it answers: the peer sends there, or it is a better one.
  std::optional<Endpoint> wanted_path;
  Instant retires = Instant::never();  // when a replaced one is let go

  tunnel::SessionIndex index() const { return session->local_index(); }
  // Both ends are known to have the keys: the peer began, or something came in.
  bool is_ready() const {
    return initiator == tunnel::Initiator::peer || session->packets_received() > 0;
  }
  // Whether to send on this one rather than on the other (protocol.md 4.3): the ready one, then the
  // one with a path, a direct one at that, of two that were opened at once by both sides the one
  // that the lower key began, else the younger.
  bool is_better_than(const Link& other) const;

  // The session's counters, for the liveness.
  void observe(Instant now);
  // Seals and queues a control message. Lost without a word when the session is exhausted.
  void send(Turn& turn, Bytes encoded_message) const { send_to(turn, endpoint, encoded_message); }
  void send_to(Turn& turn, const Endpoint& to, Bytes encoded_message) const;
  void ping(Turn& turn,
            const Endpoint& to,
            const network::Digest& digest,
            PingMessage::Intent intent = PingMessage::Intent::ask);
  // Whether the pong from there, to a ping that went there, moves the path.
  bool follows(const Endpoint& from) const;
  void answer(Turn& turn,
              const PingMessage& ping,
              const Endpoint& from,
              const network::Digest& digest) const;
  void say_bye(Turn& turn, std::string_view reason) const;
};

}  // namespace lanyard::node
