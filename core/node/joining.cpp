// SPDX-License-Identifier: Apache-2.0
#include "core/node/joining.h"

#include <utility>

#include "core/network/subnet.h"
#include "core/node/dht_entry.h"

namespace lanyard::node {

namespace {

constexpr Duration kTick = milliseconds(250);
constexpr Duration kHintsEvery = seconds(2);
constexpr Duration kLookEvery = seconds(2);  // a person waits
constexpr Duration kBeaconCalm = seconds(10);
constexpr Duration kIntroductionRest = seconds(1);
constexpr Duration kClaimEvery = seconds(1);     // protocol.md 6.3
constexpr Duration kPatience = seconds(120);     // then it is better to say what is wrong
constexpr Duration kSecondOpinion = seconds(2);  // one with a wrong clock must not decide
constexpr Duration kLinkStay = seconds(15);      // a member answers a claim at once

}  // namespace

Joining::Joining(Turn& turn,
                 std::uint32_t credentials_id,
                 RequestId request,
                 network::Token token,
                 JoinWish wish)
    : credentials_id_(credentials_id),
      request_(request),
      token_(std::move(token)),
      wish_(std::move(wish)),
      identity_(crypto::IdentityKey::generate(turn.rng)),
      noise_(crypto::NoiseKey::generate(turn.rng)),
      claim_(network::make_claim(
          token_, identity_, noise_.public_key(), wish_.member_name, turn.wall)),
      access_(token_.join_secret),
      roster_(token_.network()),
      introductions_(credentials_id, {kIntroductionRest}),
      beacons_(kBeaconCalm),
      started_(turn.now),
      next_tick_(turn.now) {
  for (const Endpoint& hint : token_.hints) offer_as_dht_node(turn, hint);
}

tunnel::Credentials Joining::credentials() const {
  return {.id = credentials_id_,
          .scope = tunnel::Scope::join,
          .side = tunnel::Side::joiner,
          .network_id = token_.network().bytes,
          .mac_key = access_.mac_key().clone(),
          .cookie_key = access_.cookie_key().clone(),
          .psk = access_.psk().clone(),
          .static_key = noise_.clone(),
          .membership = {}};
}

void Joining::progress(Turn& turn, std::string text) {
  if (text == last_progress_) return;
  last_progress_ = text;
  turn.out.notices.push_back({request_, control::Progress{std::move(text)}});
}

void Joining::tick(Turn& turn) {
  next_tick_ = turn.now + kTick;
  if (last_progress_.empty()) progress(turn, "looking for members of the network");
  if (turn.now >= next_hints_) {
    next_hints_ = turn.now + kHintsEvery;
    for (const Endpoint& hint : token_.hints) introductions_.offer(turn, hint);
  }
  rendezvous_.tick(turn, access_, kLookEvery);
  if (turn.settings.lan == Lan::on && beacons_.take(turn.now)) {
    turn.out.lan_beacons.push_back(
        seal_beacon(access_, turn.surroundings.port, nullptr, turn.wall, turn.rng));
  }
  std::vector<tunnel::SessionIndex> finished;
  for (auto& [index, link] : links_) {
    if (turn.now - link.established >= kLinkStay) {
      finished.push_back(index);
    } else if (turn.now - link.last_want >= kClaimEvery) {
      claim(turn, link);
    }
  }
  for (const tunnel::SessionIndex index : finished) drop(turn, index, "no welcome came");
  if (turn.now >= give_up_) fail(turn, *refusal_);
  if (turn.now - started_ >= kPatience) fail(turn, not_found());
}

Error Joining::not_found() const {
  if (sessions_ > 0) {
    return make_error(Errc::timeout,
                      "a member answered, but none let this machine in within " +
                          std::to_string(kPatience.seconds()) + " s",
                      "try again, or ask for another invite");
  }
  std::string found =
      "no member of the network answered within " + std::to_string(kPatience.seconds()) + " s";
  if (found_in_dht_ > 0) {
    found +=
        ": " + std::to_string(found_in_dht_) +
        " addresses were found in the DHT, so a NAT or firewall is in the way, or they are stale";
  }
  return make_error(Errc::timeout, std::move(found),
                    "check that a member is online, then join again with the same token");
}

void Joining::handle_established(Turn& turn, tunnel::Established&& event) {
  if (event.attempt) introductions_.answered(turn, *event.attempt);
  ++sessions_;
  Link link(turn, std::move(event), tunnel::Scope::join);
  const tunnel::SessionIndex index = link.index();
  progress(turn, "found a member at " + link.endpoint.to_string());
  links_.insert_or_assign(index, std::move(link));
  turn.forwarding_changed = true;
  claim(turn, links_.at(index));
}

void Joining::handle_failed(Turn& turn, const tunnel::Failed& event) {
  introductions_.failed(turn, event.attempt);
}

// A member that did not push its chain yet, or whose push was lost, is asked for it.
void Joining::claim(Turn& turn, Link& link) {
  link.last_want = turn.now;
  if (!is_member(link)) {
    link.send(turn, encode(WantMessage{{network::charter_key(token_.network())}}));
    return;
  }
  if (!check_subnet(turn)) return;
  link.send(turn, encode(ClaimMessage{claim_.encode(), token_.grant.encode()}));
}

bool Joining::is_member(const Link& link) const {
  const auto membership = network::Membership::parse(link.remote_membership);
  if (!membership || membership->noise_key() != link.remote_key) return false;
  const network::Member* member = roster_.find(membership->member());
  return member != nullptr && member->noise_key == link.remote_key;
}

// Better no membership than one whose addresses hide a part of the local network.
bool Joining::check_subnet(Turn& turn) {
  std::vector<IpPrefix> local;
  for (const LocalAddress& address : turn.surroundings.underlay.addresses) {
    local.push_back(address.prefix);
  }
  const IpPrefix& subnet = roster_.charter()->terms().subnet;
  const auto clash = network::find_clash(subnet, local);
  if (!clash) return true;
  fail(turn,
       make_error(Errc::conflict,
                  "the network's subnet " + subnet.to_string() +
                      " clashes with a network that this machine is on, " +
                      clash->network().to_string(),
                  "the token was not used; join from another network, or ask for a network with "
                  "another --subnet"));
  return false;
}

std::shared_ptr<tunnel::Session> Joining::find_session(tunnel::SessionIndex index) const {
  const auto it = links_.find(index);
  return it == links_.end() ? nullptr : it->second.session;
}

bool Joining::handle_control(Turn& turn, const ControlFrame& frame) {
  const auto it = links_.find(frame.session_index);
  if (it == links_.end()) return false;
  turn.handshakes.confirm(frame.session_index);
  if (outcome_) return true;
  if (auto message = parse_session_message(frame.body)) receive(turn, it->second, *message);
  return true;
}

void Joining::receive(Turn& turn, Link& link, SessionMessage& message) {
  if (const auto* items = std::get_if<ItemsMessage>(&message)) {
    receive_items(turn, *items);
  } else if (const auto* welcome = std::get_if<WelcomeMessage>(&message)) {
    receive_welcome(turn, link, *welcome);
  } else if (const auto* refusal = std::get_if<RefusalMessage>(&message)) {
    receive_refusal(turn, link, *refusal);
  } else if (const auto* ping = std::get_if<PingMessage>(&message)) {
    link.answer(turn, *ping, link.endpoint, roster_.digest());
  } else if (std::holds_alternative<ByeMessage>(message)) {
    drop(turn, link.index(), "");
  }
}

void Joining::receive_items(Turn& turn, const ItemsMessage& message) {
  for (const Buffer& item : message.items) (void)roster_.add_item(item, turn.wall);
  for (auto& [index, link] : links_) {
    if (is_member(link) && !outcome_) claim(turn, link);
  }
}

void Joining::receive_welcome(Turn& turn, Link& link, const WelcomeMessage& message) {
  auto charter = network::Charter::parse(message.charter);
  auto witness = network::Witness::parse(message.witness);
  if (!is_member(link) || !charter || !witness) return;
  auto membership = network::check_welcome(
      roster_, token_, claim_, {*std::move(charter), *std::move(witness), message.secret.clone()},
      turn.wall);
  if (!membership) {
    log(turn.log_sink, LogLevel::warning, "join: a welcome from ", link.endpoint.to_string(),
        " does not hold: ", membership.error().message);
    return;
  }
  membership_ = *std::move(membership);
  secret_ = message.secret.clone();
  epoch_ = message.epoch;
  progress(turn, "admitted to " + roster_.charter()->terms().name);
  outcome_ = Result<void>();
}

void Joining::receive_refusal(Turn& turn, const Link& link, const RefusalMessage& message) {
  if (!is_member(link)) return;
  const auto code = network::parse_refusal_code(message.code);
  if (!refusal_) {
    refusal_ = network::to_error({code.value_or(network::RefusalCode::invalid), message.text});
    give_up_ = turn.now + kSecondOpinion;
    progress(turn, "a member refused: asking others");
  }
  drop(turn, link.index(), "refused");
}

bool Joining::handle_peers_found(Turn& turn, const dht::PeersFound& found) {
  if (!rendezvous_.owns(found.info_hash)) return false;
  found_in_dht_ += static_cast<std::uint32_t>(found.peers.size());
  introductions_.offer_rumours(turn, found.peers);
  return true;
}

void Joining::handle_lookup_done(Turn& turn, const dht::LookupDone& done) {
  rendezvous_.lookup_done(turn, done);
}

// Members listen for newcomers' beacons and come to us; they send none that a newcomer could read.
bool Joining::handle_beacon(Turn&, const Endpoint&, Bytes payload) {
  return open_beacon(access_, payload).has_value();
}

void Joining::handle_surroundings(Turn& turn) {
  beacons_.restart();
  rendezvous_.renew();
  next_tick_ = turn.now;
}

void Joining::add_sessions(Forwarding& forwarding) const {
  for (const auto& [index, link] : links_) {
    SessionEntry entry;
    entry.session = link.session;
    entry.endpoint = link.endpoint;
    forwarding.sessions.push_back(std::move(entry));
  }
}

void Joining::drop(Turn& turn, tunnel::SessionIndex index, std::string_view reason) {
  const auto it = links_.find(index);
  if (it == links_.end()) return;
  if (!reason.empty()) it->second.say_bye(turn, reason);
  links_.erase(it);
  turn.handshakes.release_index(index);
  turn.forwarding_changed = true;
}

void Joining::fail(Turn& turn, Error error) {
  next_tick_ = turn.now;
  if (!outcome_) outcome_ = Result<void>(std::move(error));
}

Joining::Joined Joining::take_joined() {
  std::vector<Endpoint> members;
  for (const auto& [index, link] : links_) {
    if (is_member(link)) members.push_back(link.endpoint);
  }
  return {
      NetworkFile{
          NetworkKeys{identity_.clone(), noise_.clone(), std::nullopt, secret_->clone(), epoch_},
          NetworkPreferences{wish_.interface, std::nullopt, membership_->name(), Wanted::up},
          *membership_, roster_.chain_items(membership_->member())},
      std::move(roster_), std::move(members)};
}

void Joining::stop(Turn& turn, std::string_view reason) {
  while (!links_.empty()) drop(turn, links_.begin()->first, reason);
  introductions_.cancel_all(turn);
  rendezvous_.stop(turn);
}

}  // namespace lanyard::node
