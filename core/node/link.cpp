// SPDX-License-Identifier: Apache-2.0
#include "core/node/link.h"

#include <utility>

#include "core/tunnel/relayed.h"

namespace lanyard::node {

namespace {

// Handshakes of both sides that crossed on the way end within a few round trips of each other.
constexpr Duration kCrossing = seconds(2);

int path_rank(const Link& link) {
  if (link.leaving) return 0;
  return tunnel::is_relayed(link.endpoint) ? 1 : 2;
}

}  // namespace

Link::Link(Turn& turn, tunnel::Established&& event, tunnel::Scope door)
    : session(std::move(event.session)),
      scope(door),
      initiator(event.initiator),
      lower_key_initiated(event.lower_key_initiated),
      remote_side(event.remote_side),
      remote_key(event.remote),
      remote_membership(std::move(event.remote_membership)),
      observed(event.observed),
      endpoint(event.from),
      established(turn.now),
      liveness(turn.now) {}

bool Link::is_better_than(const Link& other) const {
  if (is_ready() != other.is_ready()) return is_ready();
  if (path_rank(*this) != path_rank(other)) return path_rank(*this) > path_rank(other);
  const bool younger = established > other.established;
  const Duration apart =
      younger ? established - other.established : other.established - established;
  if (initiator != other.initiator && apart < kCrossing) return lower_key_initiated;
  return younger;
}

void Link::observe(Instant now) {
  const std::uint64_t sent = session->packets_sent();
  liveness.observe(now, sent, session->packets_received(), sent - session->messages_sent());
}

void Link::send_to(Turn& turn, const Endpoint& to, Bytes encoded_message) const {
  auto datagram = session->seal_message(tunnel::BodyKind::control, encoded_message);
  if (datagram) turn.out.datagrams.push_back({to, *std::move(datagram)});
}

void Link::ping(Turn& turn,
                const Endpoint& to,
                const network::Digest& digest,
                PingMessage::Intent intent) {
  const PingNonce nonce = turn.rng.array<8>();
  liveness.ping_sent(turn.now, nonce, to);
  send_to(turn, to, encode(PingMessage{digest, nonce, intent}));
}

bool Link::follows(const Endpoint& from) const {
  if (from == endpoint) return false;
  return !tunnel::is_relayed(from) || leaving || wanted_path == from;
}

void Link::answer(Turn& turn,
                  const PingMessage& ping,
                  const Endpoint& from,
                  const network::Digest& digest) const {
  send_to(turn, from, encode(PongMessage{digest, ping.nonce, tunnel::observed_at(from)}));
}

void Link::say_bye(Turn& turn, std::string_view reason) const {
  send(turn, encode(ByeMessage{std::string(reason)}));
}

}  // namespace lanyard::node
