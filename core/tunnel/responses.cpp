// SPDX-License-Identifier: Apache-2.0
#include "core/tunnel/responses.h"

#include <algorithm>
#include <cassert>

#include "core/tunnel/relayed.h"

namespace lanyard::tunnel {

namespace {

using crypto::noise::Handshake;
using crypto::noise::Role;

// A peer calls for 10 s and repeats message 3 for 5 s more (protocol.md 4.2).
constexpr Duration kSlotTime = seconds(15);
constexpr Duration kLoadWindow = seconds(1);

}  // namespace

void Responses::handle_message_1(Instant now,
                                 const Endpoint& from,
                                 const HandshakeView& message,
                                 const Credentials& credentials,
                                 Datagrams& out) {
  const crypto::Hash256 hash = crypto::blake2b_256({message.noise});
  if (const auto known = by_message_1_.find(hash); known != by_message_1_.end()) {
    context_.count(HandshakeDrop::duplicate);
    const Slot& slot = slots_.at(known->second);
    if (slot.state != State::done) out.push_back({from, slot.message_2});
    return;
  }
  const bool is_loaded_now = is_loaded(now);
  count_message_1(now);
  if (is_loaded_now && !may_ask(now, from, message, credentials, out)) return;
  auto slot = answer(now, from, message, credentials);
  if (!slot) return;
  slot->message_1 = hash;
  make_room(slot->source);
  out.push_back({from, slot->message_2});
  by_message_1_.emplace(hash, next_number_);
  by_index_.emplace(slot->ours.index, next_number_);
  slots_.emplace(next_number_++, *std::move(slot));
}

// Under load. Only proven addresses have a share: else whoever forges a peer's address could use up
// the peer's.
bool Responses::may_ask(Instant now,
                        const Endpoint& from,
                        const HandshakeView& message,
                        const Credentials& credentials,
                        Datagrams& out) {
  if (!cookies_.proves_address(now, from, message)) {
    context_.count(HandshakeDrop::cookie_demanded);
    const Cookie cookie = cookies_.make(now, from);
    out.push_back({from, seal_cookie(credentials.cookie_key, context_.rng, cookie, message)});
    return false;
  }
  if (limiter_.allow(now, from)) return true;
  context_.count(HandshakeDrop::rate_limited);
  return false;
}

std::optional<Responses::Slot> Responses::answer(Instant now,
                                                 const Endpoint& from,
                                                 const HandshakeView& message,
                                                 const Credentials& credentials) {
  const auto drop = [this](HandshakeDrop reason) {
    context_.count(reason);
    return std::nullopt;
  };
  Handshake noise = begin_noise(credentials, Role::responder, context_.rng);
  const auto plaintext = noise.read_message(message.noise);
  if (!plaintext) return drop(HandshakeDrop::undecipherable);
  const auto theirs = parse_payload_1(*plaintext);
  if (!theirs || theirs->index != message.index) return drop(HandshakeDrop::malformed);
  State state = State::open;
  const Hello offer = context_.hello(credentials, 0);
  switch (find_obstacle(offer, *theirs)) {
    case Obstacle::none: break;
    case Obstacle::version:
      context_.count(HandshakeDrop::version);
      state = State::refused;
      break;
    case Obstacle::cipher:
      context_.count(HandshakeDrop::cipher);
      state = State::refused;
      break;
  }
  if (!roles_fit(credentials.scope, credentials.side, theirs->side)) {
    return drop(HandshakeDrop::wrong_role);
  }
  Slot slot{
      .state = state,
      .credentials_id = credentials.id,
      .source = source_of(from),
      .ours = context_.hello(credentials, context_.indices.take(context_.rng)),
      .theirs = *theirs,
      .noise = std::move(noise),
      .message_1 = {},
      .message_2 = {},
      .expires = now + kSlotTime,
  };
  const auto reply = slot.noise->write_message(
      encode_payload_2({slot.ours, {credentials.membership, observed_at(from)}}));
  if (!reply) {
    context_.indices.give_back(slot.ours.index);
    return drop(HandshakeDrop::malformed);  // their ephemeral key is of small order
  }
  slot.message_2 = handshake_datagram(DatagramKind::handshake_2, theirs->index, *reply);
  assert(slot.message_2.size() <= kMessage1Size);  // set_credentials() bounds the membership
  write_mac1(slot.message_2, credentials.mac_key);
  return slot;
}

void Responses::handle_message_3(const Endpoint& from,
                                 const HandshakeView& message,
                                 HandshakeEvents& events) {
  const auto found = find(message.index);
  if (found == slots_.end()) return context_.count(HandshakeDrop::unknown_index);
  Slot& slot = found->second;
  const Credentials* credentials = context_.find(slot.credentials_id);
  assert(credentials != nullptr);
  if (!has_mac1(message, credentials->mac_key)) return context_.count(HandshakeDrop::stranger);
  if (slot.state != State::open) return context_.count(HandshakeDrop::duplicate);
  const auto plaintext = slot.noise->read_message(message.noise);
  if (!plaintext) return context_.count(HandshakeDrop::undecipherable);
  // The peer has spoken for good: what it said will not become better.
  auto established = finish(slot, *slot.noise, *credentials, *plaintext);
  if (!established) {
    erase(found);
    return;
  }
  slot.state = State::done;
  slot.noise.reset();
  established->from = from;
  events.emplace_back(*std::move(established));
}

std::optional<Established> Responses::finish(const Slot& slot,
                                             const Handshake& noise,
                                             const Credentials& credentials,
                                             Bytes plaintext) {
  if (noise.remote_static() == credentials.static_key.public_key()) {
    context_.count(HandshakeDrop::loop_back);
    return std::nullopt;
  }
  auto introduction = parse_payload_3(plaintext);
  if (!introduction || introduction->membership.empty() != (slot.theirs.side == Side::joiner)) {
    context_.count(HandshakeDrop::malformed);
    return std::nullopt;
  }
  Established out =
      establish(context_, credentials, noise, Initiator::peer, slot.ours, slot.theirs);
  out.remote_membership = std::move(introduction->membership);
  out.observed = introduction->observed;
  return out;
}

void Responses::handle_timeout(Instant now) {
  while (!slots_.empty() && slots_.begin()->second.expires <= now) erase(slots_.begin());
}

Instant Responses::next_timeout() const {
  return slots_.empty() ? Instant::never() : slots_.begin()->second.expires;
}

void Responses::forget_session(SessionIndex local_index) {
  const auto found = find(local_index);
  if (found != slots_.end() && found->second.state == State::done) erase(found);
}

void Responses::drop_orphans() {
  for (auto slot = slots_.begin(); slot != slots_.end();) {
    const bool is_orphan = context_.find(slot->second.credentials_id) == nullptr;
    slot = is_orphan ? erase(slot) : std::next(slot);
  }
}

std::size_t Responses::half_open() const {
  return static_cast<std::size_t>(std::count_if(slots_.begin(), slots_.end(), [](const auto& slot) {
    return slot.second.state != State::done;
  }));
}

bool Responses::is_loaded(Instant now) const {
  const std::uint32_t in_second = now < second_began_ + kLoadWindow ? in_second_ : 0;
  return in_second >= context_.settings.load_messages ||
         half_open() > context_.settings.load_half_open;
}

void Responses::count_message_1(Instant now) {
  if (now >= second_began_ + kLoadWindow) {
    second_began_ = now;
    in_second_ = 0;
  }
  ++in_second_;
}

// The oldest go: first those that are done, and of a source that has too many its own.
void Responses::make_room(const IpAddress& source) {
  const auto is_from_source = [&](const auto& slot) {
    return slot.second.state != State::done && slot.second.source == source;
  };
  const auto from_source = std::count_if(slots_.begin(), slots_.end(), is_from_source);
  if (static_cast<std::size_t>(from_source) >= context_.settings.max_half_open_per_source) {
    erase(std::find_if(slots_.begin(), slots_.end(), is_from_source));
  }
  if (slots_.size() < context_.settings.max_half_open) return;
  const auto done = std::find_if(slots_.begin(), slots_.end(),
                                 [](const auto& slot) { return slot.second.state == State::done; });
  erase(done != slots_.end() ? done : slots_.begin());
}

Responses::Slots::iterator Responses::find(SessionIndex local_index) {
  const auto found = by_index_.find(local_index);
  return found == by_index_.end() ? slots_.end() : slots_.find(found->second);
}

// The index of a handshake that is done belongs to its session.
Responses::Slots::iterator Responses::erase(Slots::iterator slot) {
  by_message_1_.erase(slot->second.message_1);
  by_index_.erase(slot->second.ours.index);
  if (slot->second.state != State::done) context_.indices.give_back(slot->second.ours.index);
  return slots_.erase(slot);
}

}  // namespace lanyard::tunnel
