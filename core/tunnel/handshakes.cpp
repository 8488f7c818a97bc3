// SPDX-License-Identifier: Apache-2.0
#include "core/tunnel/handshakes.h"

#include <cassert>

#include "core/tunnel/initiations.h"
#include "core/tunnel/responses.h"

namespace lanyard::tunnel {

class Handshakes::Parts {
 public:
  Parts(const HandshakeSettings& settings, Rng& rng)
      : context{.settings = settings, .rng = rng, .credentials = {}, .indices = {}},
        initiations(context, limiter),
        responses(context, limiter) {}

  HandshakeContext context;
  SourceLimiter limiter;
  Initiations initiations;
  Responses responses;
};

Handshakes::Handshakes(const HandshakeSettings& settings, Rng& rng)
    : parts_(std::make_unique<Parts>(settings, rng)) {}

Handshakes::~Handshakes() = default;

void Handshakes::set_credentials(std::vector<Credentials> credentials) {
  for (const Credentials& one : credentials) assert(one.membership.size() <= kMaxMembershipSize);
  parts_->context.credentials = std::move(credentials);
  parts_->initiations.drop_orphans();
  parts_->responses.drop_orphans();
}

AttemptId Handshakes::start(Instant now,
                            std::uint32_t credentials_id,
                            std::span<const Endpoint> candidates,
                            Effort effort) {
  const Credentials* credentials = parts_->context.find(credentials_id);
  assert(credentials != nullptr);
  return parts_->initiations.start(now, *credentials, candidates, effort);
}

void Handshakes::add_candidates(Instant now,
                                AttemptId attempt,
                                std::span<const Endpoint> candidates) {
  parts_->initiations.add_candidates(now, attempt, candidates);
}

void Handshakes::cancel(AttemptId attempt) { parts_->initiations.cancel(attempt); }

void Handshakes::confirm(SessionIndex local_index) {
  parts_->initiations.forget_session(local_index);
}

void Handshakes::release_index(SessionIndex local_index) {
  parts_->initiations.forget_session(local_index);
  parts_->responses.forget_session(local_index);
  parts_->context.indices.give_back(local_index);
}

void Handshakes::handle_datagram(
    Instant now, const Endpoint& from, Bytes datagram, Datagrams& out, HandshakeEvents& events) {
  HandshakeContext& context = parts_->context;
  if (const auto cookie = parse_cookie(datagram)) {
    return parts_->initiations.handle_cookie(from, *cookie, out);
  }
  const auto message = parse_handshake(datagram);
  if (!message) return context.count(HandshakeDrop::malformed);
  if (message->kind == DatagramKind::handshake_2) {
    return parts_->initiations.handle_message_2(now, from, *message, out, events);
  }
  if (message->kind == DatagramKind::handshake_3) {
    return parts_->responses.handle_message_3(from, *message, events);
  }
  const Credentials* credentials = context.authenticate(*message);
  if (credentials == nullptr) return context.count(HandshakeDrop::stranger);
  // The network reflects it, or one of our candidates is ourselves.
  if (parts_->initiations.is_own(message->noise)) return context.count(HandshakeDrop::loop_back);
  parts_->responses.handle_message_1(now, from, *message, *credentials, out);
}

void Handshakes::handle_timeout(Instant now, Datagrams& out, HandshakeEvents& events) {
  parts_->responses.handle_timeout(now);
  parts_->initiations.handle_timeout(now, out, events);
}

Instant Handshakes::next_timeout() const {
  return earlier(parts_->initiations.next_timeout(), parts_->responses.next_timeout());
}

std::uint64_t Handshakes::dropped(HandshakeDrop reason) const {
  return parts_->context.dropped[static_cast<std::size_t>(reason)];
}

std::size_t Handshakes::half_open() const { return parts_->responses.half_open(); }

}  // namespace lanyard::tunnel
