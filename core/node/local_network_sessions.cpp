// SPDX-License-Identifier: Apache-2.0
// What happens in the sessions of a network: who is at the other end, whether it may be, and what
// it says. Gossip has a file of its own.
#include <algorithm>
#include <utility>

#include "core/node/dht_entry.h"
#include "core/node/local_network.h"

namespace lanyard::node {

namespace {

constexpr Duration kWantEvery = milliseconds(500);  // a lost answer is asked for again

template <typename... Fs>
struct Overloaded : Fs... {
  using Fs::operator()...;
};
template <typename... Fs>
Overloaded(Fs...) -> Overloaded<Fs...>;

std::string_view rejection(network::Standing standing) {
  switch (standing) {
    case network::Standing::revoked: return "the membership was revoked";
    case network::Standing::used_up: return "others used this invite first";
    case network::Standing::admitted:
    case network::Standing::incomplete:
    case network::Standing::invalid: break;
  }
  return "the membership does not hold";
}

}  // namespace

void LocalNetwork::handle_established(Turn& turn,
                                      tunnel::Established&& event,
                                      tunnel::Scope scope) {
  if (event.attempt && !mesh_.attempt_ended(turn, *event.attempt)) {
    discovery_.answered(turn, *event.attempt);
  }
  Link& link = mesh_.add(turn, Link(turn, std::move(event), scope));
  next_tick_ = earlier(next_tick_, turn.now + milliseconds(250));
  if (scope == tunnel::Scope::member) {
    verify(turn, link.index());
    return;
  }
  // A newcomer checks us before it believes a welcome: it needs the chain from the charter to us.
  send_items(turn, link, roster_.chain_items(own_id_));
}

void LocalNetwork::handle_failed(Turn& turn, const tunnel::Failed& event) {
  if (const auto peer = mesh_.attempt_failed(turn, event)) detours_.failed(turn, mesh_, *peer);
  discovery_.failed(turn, event.attempt);
}

void LocalNetwork::verify(Turn& turn, tunnel::SessionIndex index) {
  Link* link = mesh_.find_link(index);
  if (link == nullptr || link->member) return;
  const auto membership = network::Membership::parse(link->remote_membership);
  if (!membership || membership->noise_key() != link->remote_key) {
    mesh_.drop(turn, index, "the membership is not that of the session's key");
    return;
  }
  const network::AddOutcome outcome = roster_.add(*membership, turn.wall);
  apply(turn, outcome.change, index);
  link = mesh_.find_link(index);
  if (link == nullptr) return;
  const network::Member* member = roster_.find(membership->member());
  if (member != nullptr && member->noise_key == link->remote_key) {
    if (member->id == own_id_) {
      mesh_.drop(turn, index, "another machine uses the same keys");
      return;
    }
    admit(turn, *link, *member);
    return;
  }
  const network::Standing standing = roster_.standing(*membership);
  const bool is_hopeless = outcome.result == network::AddResult::invalid;
  if (standing != network::Standing::incomplete || is_hopeless) {
    // So that a member that was away learns what it missed.
    const network::ItemKey key = network::revocation_key(membership->identity().bytes);
    if (const Buffer* revocation = roster_.item(key)) send_items(turn, *link, {*revocation});
    log(turn.log_sink, LogLevel::warning, name(), ": refused ", link->endpoint.to_string(), ": ",
        rejection(standing));
    mesh_.drop(turn, index, rejection(standing));
    return;
  }
  if (turn.now - link->last_want < kWantEvery) return;
  link->last_want = turn.now;
  link->send(turn, encode(WantMessage{outcome.wanted}));
}

void LocalNetwork::admit(Turn& turn, Link& link, const network::Member& member) {
  const Peer* peer = mesh_.find(member.id);
  const Link* before = peer == nullptr ? nullptr : mesh_.sending_link(*peer);
  if (before == nullptr || before->endpoint != link.endpoint) {
    log(turn.log_sink, LogLevel::info, name(), ": session with ", member.name, " at ",
        path_name(turn, link).to_string());
    mesh_.note(turn, member.id, "answered at " + path_name(turn, link).to_string());
    roster_file_due_ = true;
  }
  mesh_.admit(turn, link, member.id);
  link.send(turn, encode(VantageMessage{own_vantage(turn)}));
  discovery_.door(tunnel::Scope::member).clear_name(link.endpoint);
  learn_outside(turn, link.observed);
  offer_as_dht_node(turn, link.endpoint);
  if (link.initiator == tunnel::Initiator::peer) link.ping(turn, link.endpoint, roster_.digest());
}

std::shared_ptr<tunnel::Session> LocalNetwork::find_session(tunnel::SessionIndex index) {
  const Link* const link = mesh_.find_link(index);
  return link == nullptr ? nullptr : link->session;
}

bool LocalNetwork::handle_control(Turn& turn, const ControlFrame& frame) {
  Link* link = mesh_.find_link(frame.session_index);
  if (link == nullptr) return false;
  mesh_.refresh(turn, *link);
  turn.handshakes.confirm(link->index());
  // Whatever held it up held up all paths: there is no reason to change.
  if (frame.from == link->endpoint) link->leaving = false;
  if (auto message = parse_session_message(frame.body)) receive(turn, *link, frame, *message);
  return true;
}

void LocalNetwork::receive(Turn& turn,
                           Link& link,
                           const ControlFrame& frame,
                           SessionMessage& message) {
  const bool at_join_door = link.scope == tunnel::Scope::join;
  std::visit(Overloaded{
                 [&](const PingMessage& m) { receive_ping(turn, link, frame.from, m); },
                 [&](const PongMessage& m) { receive_pong(turn, link, frame.from, m); },
                 [&](const ByeMessage& m) {
                   // Perhaps it relayed: its ends need another one.
                   if (link.member) next_tick_ = earlier(next_tick_, turn.now);
                   mesh_.ended_by_peer(turn, link, m.reason);
                 },
                 [&](const HaveMessage& m) {
                   if (link.member) receive_have(turn, link, m);
                 },
                 [&](const WantMessage& m) { receive_want(turn, link, m); },
                 [&](const ItemsMessage& m) {
                   if (!at_join_door) receive_items(turn, link, m);
                 },
                 [&](const ClaimMessage& m) {
                   if (at_join_door) receive_claim(turn, link, m);
                 },
                 [](const WelcomeMessage&) {},  // we are a member already
                 [](const RefusalMessage&) {},
                 [&](const CircuitRequest& m) { receive_circuit_request(turn, link, m); },
                 [&](const CircuitMessage& m) { receive_circuit(turn, link, m); },
                 [](const CircuitRefusal&) {},  // the next one is asked in any case
                 [&](const CircuitEnd& m) { receive_circuit_end(turn, link, m); },
                 [&](const VantageMessage& m) {
                   if (link.member) mesh_.note_vantage(*link.member, m.vantage);
                 },
             },
             message);
}

void LocalNetwork::receive_ping(Turn& turn,
                                Link& link,
                                const Endpoint& from,
                                const PingMessage& message) {
  link.answer(turn, message, from, roster_.digest());
  const bool moves = message.intent == PingMessage::Intent::move && from != link.endpoint;
  if (link.member && moves && detours_.find(from) != nullptr) {
    link.wanted_path = from;
    link.ping(turn, from, roster_.digest());
  }
  if (link.member && !link.liveness.round_trip() && !link.liveness.is_probing()) {
    link.ping(turn, link.endpoint, roster_.digest());
  }
  if (link.member) compare_digest(turn, link, message.digest);
}

void LocalNetwork::receive_pong(Turn& turn,
                                Link& link,
                                const Endpoint& from,
                                const PongMessage& message) {
  pongs_.push_back(message.nonce);  // 64 random bits, inside the session: it can be nobody else's
  const auto to = link.liveness.pong_received(turn.now, message.nonce);
  if (!to || !link.member) return;
  // The peer has moved, and answers from where it is now (protocol.md 6.4).
  if (*to == from && link.follows(from)) {
    const std::string before = path_name(turn, link).to_string();
    mesh_.move_path(turn, link, from);
    log(turn.log_sink, LogLevel::info, name(), ": path moved from ", before, " to ",
        path_name(turn, link).to_string());
    mesh_.note(turn, *link.member,
               "moved from " + before + " to " + path_name(turn, link).to_string());
  }
  learn_outside(turn, message.observed);
  compare_digest(turn, link, message.digest);
}

// Only members are believed: anyone else could name a victim's address, and our peers would all
// send there.
void LocalNetwork::learn_outside(Turn& turn, const std::optional<Endpoint>& observed) {
  if (observed && turn.surroundings.learn_outside(turn.now, *observed)) {
    turn.surroundings_changed = true;
  }
}

void LocalNetwork::receive_claim(Turn& turn, Link& link, const ClaimMessage& message) {
  const auto claim = network::Claim::parse(message.claim);
  const auto grant = network::Grant::parse(message.grant);
  if (self() == nullptr) {
    mesh_.drop(turn, link.index(), "it is no longer a member itself");
    return;
  }
  if (!claim || !grant || claim->terms().noise_key != link.remote_key) {
    link.send(turn, encode(RefusalMessage{std::string(to_text(network::RefusalCode::invalid)),
                                          "the claim cannot be read"}));
    return;
  }
  auto decision = network::redeem(roster_, *claim, *grant, keys_.identity, turn.wall);
  if (const auto* refusal = std::get_if<network::Refusal>(&decision)) {
    log(turn.log_sink, LogLevel::warning, name(), ": refused a newcomer at ",
        link.endpoint.to_string(), ": ", refusal->message);
    link.send(turn, encode(RefusalMessage{std::string(to_text(refusal->code)), refusal->message}));
    return;
  }
  const auto& membership = std::get<network::Membership>(decision);
  const network::AddOutcome outcome = roster_.add(membership, turn.wall);
  if (roster_.find(membership.member()) == nullptr) {
    // The secret is for members: a roster that is full admits nobody.
    link.send(turn, encode(RefusalMessage{std::string(to_text(network::RefusalCode::invalid)),
                                          "this member cannot admit anyone else"}));
  } else {
    welcome(turn, link, membership);
    if (outcome.result == network::AddResult::added) {
      log(turn.log_sink, LogLevel::info, name(), ": admitted ", membership.name(), " by invite ",
          grant->id().to_hex());
    }
  }
  const Endpoint endpoint = link.endpoint;
  apply(turn, outcome.change, link.index());
  save_roster_now();
  mesh_.learn(turn, membership.member(), endpoint);
}

void LocalNetwork::welcome(Turn& turn, const Link& link, const network::Membership& membership) {
  Buffer encoded =
      encode(WelcomeMessage{roster_.charter()->encode(), keys_.epoch, keys_.secret.clone(),
                            membership.invitation()->witness.encode()});
  link.send(turn, encoded);
  crypto::wipe(encoded);
}

bool LocalNetwork::handle_new_address(Turn& turn,
                                      tunnel::SessionIndex index,
                                      const Endpoint& from) {
  Link* link = mesh_.find_link(index);
  if (link == nullptr) return false;
  if (from != link->endpoint && turn.surroundings.is_candidate(from)) {
    link->heard_elsewhere = true;
    link->ping(turn, from, roster_.digest());
  }
  return true;
}

std::optional<PathName> LocalNetwork::ping(Turn& turn,
                                           const network::MemberId& id,
                                           const PingNonce& nonce) {
  const Peer* peer = mesh_.find(id);
  if (peer == nullptr || peer->sending == 0) return std::nullopt;
  Link* link = mesh_.find_link(peer->sending);
  link->liveness.ping_sent(turn.now, nonce, link->endpoint);
  link->send(turn, encode(PingMessage{roster_.digest(), nonce}));
  return path_name(turn, *link);
}

bool LocalNetwork::handle_beacon(Turn& turn, const Endpoint& from, Bytes payload) {
  if (!is_wanted_up()) return false;
  if (const auto beacon = open_beacon(member_access_, payload)) {
    if (!beacon->identity || *beacon->identity == keys_.identity.public_key()) return true;
    // A recorded one, played again from elsewhere, must not make us call strangers.
    if (!is_fresh(*beacon, turn.wall) || !turn.surroundings.is_on_link(from.address)) return true;
    const Endpoint endpoint{from.address, beacon->port};
    const network::MemberId id = network::member_id(*beacon->identity);
    const Peer* peer = mesh_.find(id);
    if (peer == nullptr) {
      discovery_.door(tunnel::Scope::member).offer(turn, endpoint);
    } else if (mesh_.lacks_direct_path(*peer)) {
      mesh_.learn(turn, id, endpoint);
      next_tick_ = earlier(next_tick_, turn.now);
    }
    return true;
  }
  const auto beacon = open_beacon(join_access_, payload);
  if (!beacon) return false;
  if (beacon->side == tunnel::Side::joiner && is_fresh(*beacon, turn.wall) &&
      turn.surroundings.is_on_link(from.address)) {
    discovery_.door(tunnel::Scope::join).offer(turn, {from.address, beacon->port});
  }
  return true;
}

bool LocalNetwork::handle_peers_found(Turn& turn, const dht::PeersFound& found) {
  const auto scope = discovery_.owner(found.info_hash);
  if (!scope) return false;
  const bool is_wanted =
      scope == tunnel::Scope::join || mesh_.peers().empty() || !mesh_.all_connected();
  if (is_wanted) discovery_.door(*scope).offer_rumours(turn, strangers(found.peers));
  return true;
}

void LocalNetwork::handle_lookup_done(Turn& turn, const dht::LookupDone& done) {
  discovery_.lookup_done(turn, done);
}

void LocalNetwork::introduce(Turn& turn, const Endpoint& endpoint) {
  for (const Endpoint& stranger : strangers({endpoint})) {
    discovery_.door(tunnel::Scope::member).offer(turn, stranger);
  }
}

std::vector<Endpoint> LocalNetwork::strangers(std::vector<Endpoint> endpoints) const {
  for (const auto& [id, peer] : mesh_.peers()) {
    const Link* link = mesh_.sending_link(peer);
    if (link == nullptr) continue;
    std::erase(endpoints, link->endpoint);
    const network::Member* member = roster_.find(id);
    if (member == nullptr) continue;
    for (const Endpoint& announced : member->endpoints) std::erase(endpoints, announced);
  }
  return endpoints;
}

}  // namespace lanyard::node
