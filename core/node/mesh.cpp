// SPDX-License-Identifier: Apache-2.0
#include "core/node/mesh.h"

#include <algorithm>
#include <utility>

#include "core/tunnel/relayed.h"

namespace lanyard::node {

namespace {

constexpr std::size_t kMaxLearned = 2;  // an attempt has 8 addresses, most for those announced
// Sessions whose peers have not proven to be members yet.
constexpr std::size_t kMaxAtDoors = 64;
// The higher key waits, so that most pairs shake hands once. Long enough for the other's second
// try (protocol.md 4.2), short beside a user's patience.
constexpr Duration kYield = milliseconds(600);
constexpr Duration kVerification = seconds(10);  // protocol.md 6.2
constexpr Duration kRedemption = seconds(30);    // a joiner's stay at the door
constexpr Duration kRetirement = seconds(10);    // datagrams under old keys may still be on the way

}  // namespace

void Mesh::follow(Turn& turn, const network::Roster& roster, const network::MemberId& own_id) {
  const std::size_t before = peers_.size();
  for (const network::Member& member : roster.members()) {
    if (member.id == own_id) continue;
    const auto [it, is_new] = peers_.try_emplace(member.id);
    Peer& peer = it->second;
    if (is_new) {
      peer.id = member.id;
      peer.noise_key = member.noise_key;
      peer.next_attempt = turn.now + (own_key_ < member.noise_key ? Duration{} : kYield);
    }
    if (peer.presence_sequence == member.presence_sequence) continue;
    peer.presence_sequence = member.presence_sequence;
    if (!lacks_direct_path(peer)) continue;
    peer.failures = 0;
    if (peer.attempt) {
      turn.handshakes.add_candidates(turn.now, *peer.attempt, candidates(turn, peer, member));
    } else {
      peer.next_attempt = earlier(peer.next_attempt, turn.now + kYield);
    }
  }
  std::vector<network::MemberId> gone;
  for (const auto& [id, peer] : peers_) {
    if (roster.find(id) == nullptr) gone.push_back(id);
  }
  for (const network::MemberId& id : gone) {
    Peer& peer = peers_.at(id);
    cancel_attempts(turn, peer);
    while (!peer.links.empty()) drop(turn, peer.links.back(), "no longer a member");
    peers_.erase(id);
  }
  if (!gone.empty() || peers_.size() != before) turn.forwarding_changed = true;
}

const Peer* Mesh::find(const network::MemberId& id) const {
  const auto it = peers_.find(id);
  return it == peers_.end() ? nullptr : &it->second;
}

void Mesh::learn(Turn& turn, const network::MemberId& id, const Endpoint& endpoint) {
  const auto it = peers_.find(id);
  if (it == peers_.end() || !turn.surroundings.is_candidate(endpoint)) return;
  Peer& peer = it->second;
  std::erase(peer.learned, endpoint);
  peer.learned.insert(peer.learned.begin(), endpoint);
  if (peer.learned.size() > kMaxLearned) peer.learned.pop_back();
  if (!lacks_direct_path(peer)) return;
  if (peer.attempt) {
    turn.handshakes.add_candidates(turn.now, *peer.attempt, {&endpoint, 1});
  } else {
    peer.next_attempt = turn.now;
  }
}

void Mesh::remember(const network::MemberId& id, const Endpoint& endpoint, UnixTime last_seen) {
  const auto it = peers_.find(id);
  if (it == peers_.end()) return;
  it->second.learned.push_back(endpoint);
  it->second.last_seen = last_seen;
}

// The newcomers' door is always open, and its secret is in every token that was ever given out.
void Mesh::make_room_at_doors(Turn& turn) {
  std::size_t count = 0;
  const Link* oldest = nullptr;
  for (const auto& [index, link] : links_) {
    if (link.member) continue;
    ++count;
    if (oldest == nullptr || link.established < oldest->established) oldest = &link;
  }
  if (count >= kMaxAtDoors) drop(turn, oldest->index(), "");
}

Link& Mesh::add(Turn& turn, Link&& link) {
  make_room_at_doors(turn);
  turn.forwarding_changed = true;
  const tunnel::SessionIndex index = link.index();
  return links_.insert_or_assign(index, std::move(link)).first->second;
}

Link* Mesh::find_link(tunnel::SessionIndex index) {
  const auto it = links_.find(index);
  return it == links_.end() ? nullptr : &it->second;
}

const Link* Mesh::sending_link(const Peer& peer) const {
  const auto it = links_.find(peer.sending);
  return it == links_.end() ? nullptr : &it->second;
}

Traffic Mesh::traffic(const Peer& peer) const {
  Traffic out = peer.ended_traffic;
  for (const tunnel::SessionIndex index : peer.links) {
    out.received += links_.at(index).session->bytes_received();
    out.sent += links_.at(index).session->bytes_sent();
  }
  return out;
}

std::vector<tunnel::SessionIndex> Mesh::unverified() const {
  std::vector<tunnel::SessionIndex> out;
  for (const auto& [index, link] : links_) {
    if (!link.member && link.scope == tunnel::Scope::member) out.push_back(index);
  }
  return out;
}

void Mesh::admit(Turn& turn, Link& link, const network::MemberId& id) {
  const auto it = peers_.find(id);
  if (it == peers_.end()) return;
  link.member = id;
  Peer& peer = it->second;
  if (const Link* before = sending_link(peer)) link.liveness.inherit(before->liveness);
  peer.links.push_back(link.index());
  peer.next_attempt = turn.now;
  peer.last_seen = turn.wall;
  turn.forwarding_changed = true;
  choose(turn, peer);
}

void Mesh::choose(Turn& turn, Peer& peer) {
  const Link* best = nullptr;
  for (const tunnel::SessionIndex index : peer.links) {
    const Link& link = links_.at(index);
    if (best == nullptr || link.is_better_than(*best)) best = &link;
  }
  const tunnel::SessionIndex chosen = best == nullptr ? 0 : best->index();
  if (chosen != 0) {
    links_.at(chosen).retires = Instant::never();
    for (const tunnel::SessionIndex index : peer.links) {
      if (index == chosen || !best->is_ready()) continue;
      Instant& retires = links_.at(index).retires;
      retires = earlier(retires, turn.now + kRetirement);
    }
  }
  if (peer.sending != chosen) turn.forwarding_changed = true;
  peer.sending = chosen;
}

void Mesh::drop(Turn& turn, tunnel::SessionIndex index, std::string_view reason) {
  const auto it = links_.find(index);
  if (it == links_.end()) return;
  if (!reason.empty()) it->second.say_bye(turn, reason);
  const std::optional<network::MemberId> member = it->second.member;
  const Endpoint endpoint = it->second.endpoint;
  const std::uint64_t received = it->second.session->bytes_received();
  const std::uint64_t sent = it->second.session->bytes_sent();
  const bool was_short = turn.now - it->second.established < kVerification;
  links_.erase(it);
  turn.handshakes.release_index(index);
  turn.forwarding_changed = true;
  if (!member) return;
  const auto owner = peers_.find(*member);
  if (owner == peers_.end()) return;
  Peer& peer = owner->second;
  peer.ended_traffic.received += received;
  peer.ended_traffic.sent += sent;
  std::erase(peer.links, index);
  if (peer.sending != index) return;
  choose(turn, peer);
  if (peer.sending != 0) return;
  learn(turn, peer.id, endpoint);
  if (was_short) {
    // It may have refused us: calling again and again would change nothing.
    pause(turn, peer);
  } else {
    peer.failures = 0;
    peer.next_attempt = turn.now;
  }
}

void Mesh::ended_by_peer(Turn& turn, Link& link, std::string_view reason) {
  const std::optional<network::MemberId> member = link.member;
  drop(turn, link.index(), "");
  const auto owner = member ? peers_.find(*member) : peers_.end();
  if (owner == peers_.end() || owner->second.sending != 0) return;
  owner->second.trouble = control::PathReason::said_bye;
  owner->second.trouble_detail = reason;
  owner->second.history.add(turn.now, "said goodbye: " + std::string(reason));
}

void Mesh::tell_vantage(Turn& turn) {
  const Vantage now = own_vantage(turn);
  if (now == told_vantage_) return;
  told_vantage_ = now;
  for (const Link* link : connected(0)) link->send(turn, encode(VantageMessage{now}));
}

void Mesh::note_vantage(const network::MemberId& id, const Vantage& vantage) {
  const auto it = peers_.find(id);
  if (it != peers_.end()) it->second.vantage = vantage;
}

void Mesh::note(Turn& turn, const network::MemberId& id, std::string event) {
  const auto it = peers_.find(id);
  if (it != peers_.end()) it->second.history.add(turn.now, std::move(event));
}

void Mesh::drop_all(Turn& turn, std::string_view reason) {
  while (!links_.empty()) drop(turn, links_.begin()->first, reason);
  for (auto& [id, peer] : peers_) {
    cancel_attempts(turn, peer);
  }
}

void Mesh::refresh(Turn& turn, Link& link) {
  link.observe(turn.now);
  if (!link.member) return;
  Peer& peer = peers_.at(*link.member);
  peer.last_seen = turn.wall;
  if (peer.sending != link.index() || peer.links.size() > 1) choose(turn, peer);
}

void Mesh::check_link(Turn& turn, Link& link, const network::Digest& digest) {
  link.observe(turn.now);
  // The other end may have chosen otherwise: what it still sends on is not taken from it.
  if (link.retires != Instant::never() && link.liveness.last_received() == turn.now) {
    link.retires = turn.now + kRetirement;
  }
  if (link.is_ready()) turn.handshakes.confirm(link.index());
  // A new snapshot rearms: should the ping to the new address have been lost, there is another.
  if (std::exchange(link.heard_elsewhere, false)) turn.forwarding_changed = true;
  if (!link.member) return;
  link.leaving = link.liveness.is_path_doubtful(turn.now);
  switch (link.liveness.check(turn.now)) {
    case Liveness::Verdict::quiet: break;
    case Liveness::Verdict::ping: link.ping(turn, link.endpoint, digest); break;
    case Liveness::Verdict::dead: link.retires = turn.now; break;
  }
}

void Mesh::tick(Turn& turn, const network::Roster& roster) {
  // 180 s as a rule (protocol.md 4.5); where tests set less, an attempt still has its 10 s.
  const Duration lifetime =
      turn.settings.rekey_after + std::max(turn.settings.rekey_after / 2, seconds(10));
  const network::Digest digest = roster.digest();
  std::vector<tunnel::SessionIndex> finished;
  for (auto& [index, link] : links_) {
    check_link(turn, link, digest);
    const Duration age = turn.now - link.established;
    const Duration stay = link.scope == tunnel::Scope::join ? kRedemption : kVerification;
    if (turn.now >= link.retires || age >= lifetime || (!link.member && age >= stay)) {
      finished.push_back(index);
    }
  }
  for (const tunnel::SessionIndex index : finished) {
    const Link& link = links_.at(index);
    if (link.member && link.liveness.is_probing()) {
      Peer& peer = peers_.at(*link.member);
      peer.trouble = control::PathReason::went_silent;
      peer.history.add(turn.now, "stopped answering");
    }
    // The other end may still send on a session that was replaced: the word makes it move on.
    drop(turn, index,
         link.member ? "a newer session has replaced this one"
                     : "the membership could not be verified in time");
  }
  for (auto& [id, peer] : peers_) {
    if (peer.links.size() > 1) choose(turn, peer);
    const Link* link = sending_link(peer);
    const bool is_direct = !lacks_direct_path(peer);
    if (!is_direct) {
      if (const network::Member* member = roster.find(id)) connect(turn, peer, *member);
    }
    if (link == nullptr) continue;
    if (turn.now - link->liveness.last_received() < seconds(2)) peer.last_seen = turn.wall;
    if (is_direct && turn.now - link->established >= kVerification) {
      peer.failures = 0;
      peer.trouble.reset();
    }
    renew_keys(turn, peer);
  }
}

bool Mesh::is_busy() const {
  const bool link_busy = std::any_of(links_.begin(), links_.end(), [](const auto& entry) {
    const Link& link = entry.second;
    return !link.member || !link.is_ready() || link.liveness.is_probing();
  });
  return link_busy || std::any_of(peers_.begin(), peers_.end(), [](const auto& entry) {
           return entry.second.sending == 0 && entry.second.failures == 0;
         });
}

bool Mesh::has_traffic(Instant now) const {
  return std::any_of(links_.begin(), links_.end(),
                     [&](const auto& entry) { return entry.second.liveness.has_traffic(now); });
}

bool Mesh::lacks_direct_path(const Peer& peer) const {
  const Link* const link = sending_link(peer);
  return link == nullptr || tunnel::is_relayed(link->endpoint);
}

bool Mesh::all_connected() const {
  return std::all_of(peers_.begin(), peers_.end(),
                     [](const auto& entry) { return entry.second.sending != 0; });
}

std::vector<network::MemberId> Mesh::missing() const {
  std::vector<network::MemberId> out;
  for (const auto& [id, peer] : peers_) {
    if (peer.sending == 0) out.push_back(id);
  }
  return out;
}

std::vector<const Link*> Mesh::connected(tunnel::SessionIndex except) const {
  const auto excluded = links_.find(except);
  std::vector<const Link*> out;
  for (const auto& [id, peer] : peers_) {
    if (excluded != links_.end() && excluded->second.member == id) continue;
    if (const Link* link = sending_link(peer)) out.push_back(link);
  }
  return out;
}

void Mesh::add_sessions(DeviceId device,
                        const network::Roster& roster,
                        Forwarding& forwarding) const {
  // A member's slot is its place in the roster, ourselves left out: as the tables are built.
  std::map<network::MemberId, vswitch::PeerSlot> slots;
  for (const network::Member& member : roster.members()) {
    if (peers_.contains(member.id)) {
      slots.emplace(member.id, static_cast<vswitch::PeerSlot>(slots.size()));
    }
  }
  for (const auto& [index, link] : links_) {
    SessionEntry entry;
    entry.session = link.session;
    entry.endpoint = link.endpoint;
    if (link.member && slots.contains(*link.member)) {
      entry.use = SessionUse::frames;
      entry.device = device;
      entry.slot = slots.at(*link.member);
    }
    forwarding.sessions.push_back(std::move(entry));
  }
}

}  // namespace lanyard::node
