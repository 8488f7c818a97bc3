// SPDX-License-Identifier: Apache-2.0
// What a network tells its user: its state and members, which member a word means, and its invites.
#include <algorithm>
#include <utility>

#include "core/crypto/aead.h"
#include "core/network/name.h"
#include "core/node/local_network.h"

namespace lanyard::node {

namespace {

// Long enough to be unique among a few thousand members, short enough to type.
constexpr std::size_t kShortestIdStart = 4;
constexpr std::int64_t kMaxInviteSeconds = std::int64_t{366} * 24 * 3600;

double in_seconds(Duration d) { return static_cast<double>(d.nanoseconds) / 1e9; }

Error no_such_peer(std::string_view text, std::string_view network) {
  return make_error(Errc::not_found,
                    "no member of " + std::string(network) + " is called " + std::string(text),
                    "lanyard members shows their names");
}

}  // namespace

void LocalNetwork::fill_path(const Turn& turn, const Link& link, control::MemberStatus& out) const {
  out.online = true;
  PathName name = path_name(turn, link);
  out.path = name.kind;
  out.endpoint = std::move(name.endpoint);
  out.via = std::move(name.via);
  if (const auto rtt = link.liveness.round_trip()) out.rtt_seconds = in_seconds(*rtt);
  if (link.liveness.counted_pings() > 0) {
    out.loss_ratio = static_cast<double>(link.liveness.lost_of_last()) /
                     static_cast<double>(link.liveness.counted_pings());
  }
  out.cipher = crypto::name(link.session->aead());
  if (link.liveness.is_probing() && turn.now - link.liveness.last_received() > seconds(3)) {
    out.reason = "it has not answered for " +
                 std::to_string((turn.now - link.liveness.last_received()).seconds()) + " s";
  }
}

control::MemberStatus LocalNetwork::member_status(const Turn& turn,
                                                  const network::Member& member) const {
  control::MemberStatus out;
  out.id = member.id.to_hex();
  out.name = member.name;
  if (member.ipv4) out.addresses.push_back(member.ipv4->to_string());
  out.addresses.push_back(member.ipv6.to_string());
  out.mac = member.mac.to_string();
  out.self = member.id == own_id_;
  if (out.self) {
    out.online = is_wanted_up();
    out.last_seen = turn.wall.seconds;
    return out;
  }
  const Peer* peer = mesh_.find(member.id);
  if (peer == nullptr) return out;
  out.last_seen = peer->last_seen.seconds;
  const Traffic traffic = mesh_.traffic(*peer);
  out.rx_bytes = traffic.received;
  out.tx_bytes = traffic.sent;
  if (const Link* link = mesh_.sending_link(*peer)) {
    fill_path(turn, *link, out);
  }
  control::Check verdict = this->verdict(turn, member.id);
  out.reason_code = std::move(verdict.code);
  if (verdict.state != control::CheckState::ok && out.reason.empty()) {
    out.reason = std::move(verdict.sentence);
  }
  return out;
}

control::NetworkStatus LocalNetwork::status(const Turn& turn) const {
  control::NetworkStatus out;
  out.id = id().to_hex();
  out.name = name();
  out.state = state();
  out.error = trouble_;
  out.interface = device_name_;
  out.mtu = mtu_;
  for (const IpPrefix& address : own_addresses()) out.addresses.push_back(address.to_string());
  out.mac = network::mac_of(own_id_).to_string();
  out.admin = keys_.admin.has_value();
  for (const network::Member& member : roster_.members()) {
    out.members.push_back(member_status(turn, member));
  }
  std::stable_sort(out.members.begin(), out.members.end(), [](const auto& a, const auto& b) {
    return a.self != b.self ? a.self : a.name < b.name;
  });
  return out;
}

UnixTime LocalNetwork::newest_record() const {
  UnixTime newest = roster_.charter()->terms().created;
  for (const network::Member& member : roster_.members()) {
    newest = std::max(newest, member.admitted);
  }
  return newest;
}

control::NetworkReply LocalNetwork::reply() const {
  control::NetworkReply out;
  out.id = id().to_hex();
  out.name = name();
  out.interface = device_name_;
  for (const IpPrefix& address : own_addresses()) out.addresses.push_back(address.to_string());
  return out;
}

Result<network::MemberId> LocalNetwork::find_peer(std::string_view text) const {
  std::vector<const network::Member*> by_id;
  for (const network::Member& member : roster_.members()) {
    const bool by_address =
        (member.ipv4 && member.ipv4->to_string() == text) || IpAddress::parse(text) == member.ipv6;
    if (member.name == text || by_address) return member.id;
    if (text.size() >= kShortestIdStart && member.id.to_hex().starts_with(text)) {
      by_id.push_back(&member);
    }
  }
  if (by_id.size() == 1) return by_id.front()->id;
  if (by_id.size() > 1) {
    return make_error(Errc::not_found, "several members have an id that starts like this",
                      "type more of it");
  }
  return no_such_peer(text, name());
}

// Where a newcomer may find members: outside addresses first, then other members', then our own on
// the LAN.
std::vector<Endpoint> LocalNetwork::invite_hints(const Turn& turn) const {
  std::vector<Endpoint> out;
  for (const Surroundings::Seen& seen : turn.surroundings.outside) out.push_back(seen.endpoint);
  std::vector<Endpoint> local;
  for (const LocalAddress& address : turn.surroundings.underlay.addresses) {
    const IpAddress& ip = address.prefix.address;
    if (ip.is_loopback() || ip.is_link_local()) continue;
    (ip.is_private() ? local : out).push_back({ip, turn.surroundings.port});
  }
  for (const Link* link : mesh_.connected(0)) {
    if (tunnel::is_relayed(link->endpoint)) continue;
    if (!link->endpoint.address.is_private()) out.push_back(link->endpoint);
  }
  // One of each at least, when there are both: newcomers sit on the same LAN as often as not.
  constexpr std::size_t kHints = 2;  // keeps a token within 250 characters
  if (!local.empty()) {
    if (out.size() >= kHints) out.resize(kHints - 1);
    out.push_back(local.front());
  }
  std::vector<Endpoint> hints;
  for (const Endpoint& endpoint : out) {
    const bool is_new = std::find(hints.begin(), hints.end(), endpoint) == hints.end();
    if (is_new && hints.size() < kHints) hints.push_back(endpoint);
  }
  return hints;
}

Result<control::InviteReply> LocalNetwork::invite(Turn& turn,
                                                  const control::CreateInvite& request) {
  if (!keys_.admin) {
    return make_error(Errc::permission,
                      "this machine may not invite to " + name() + ": it holds no admin key",
                      "invite on the machine that made the network");
  }
  if (request.expires_seconds < 1 || request.expires_seconds > kMaxInviteSeconds) {
    return make_error(Errc::invalid, "an invite is valid for 1 second to 366 days");
  }
  if (request.member_name) {
    if (auto valid = network::check_member_name(*request.member_name); !valid) return valid.error();
  }
  network::InviteWish wish{.uses = request.uses,
                           .not_after = {turn.wall.seconds + request.expires_seconds},
                           .name = request.member_name,
                           .address = std::nullopt};
  if (request.address) {
    wish.address = IpAddress::parse(*request.address);
    if (!wish.address) {
      return make_error(Errc::invalid, *request.address + " is not an IPv4 address");
    }
  }
  auto token = network::make_token(*roster_.charter(), *keys_.admin, keys_.secret, wish,
                                   invite_hints(turn), turn.rng);
  if (!token) return token.error();
  const network::AddOutcome added = roster_.add(token->grant, turn.wall);
  if (added.result != network::AddResult::added) {
    return make_error(Errc::overloaded, name() + " has too many open invites",
                      "revoke some, or wait until some have expired");
  }
  apply(turn, added.change, 0);
  save_roster_now();
  discovery_.expect_newcomers(turn.now);
  next_tick_ = turn.now;
  return control::InviteReply{.token = token->to_text(),
                              .id = token->grant.id().to_hex(),
                              .network = name(),
                              .expires = wish.not_after.seconds,
                              .uses = wish.uses};
}

control::InviteList LocalNetwork::invites(UnixTime now) const {
  control::InviteList out;
  out.network = name();
  for (const network::InviteStatus& invite : roster_.invites(now)) {
    control::InviteStatus row;
    row.id = invite.id.to_hex();
    row.state = network::to_text(invite.state);
    row.expires = invite.terms.not_after.seconds;
    row.uses = invite.terms.uses;
    row.member_name = invite.terms.name.value_or("");
    if (invite.terms.address) row.address = invite.terms.address->to_string();
    for (const network::MemberId& id : invite.claimed_by) {
      const network::Member* member = roster_.find(id);
      row.claimed_by.push_back(member != nullptr ? member->name : id.to_hex());
    }
    out.invites.push_back(std::move(row));
  }
  return out;
}

Result<void> LocalNetwork::revoke_invite(Turn& turn, std::string_view id_start) {
  if (!keys_.admin) {
    return make_error(
        Errc::permission,
        "this machine may not revoke invites of " + name() + ": it holds no admin key",
        "revoke on the machine that made the network");
  }
  std::vector<crypto::InvitePublicKey> found;
  for (const network::InviteStatus& invite : roster_.invites(turn.wall)) {
    if (!id_start.empty() && invite.id.to_hex().starts_with(id_start)) {
      found.push_back(invite.terms.invite);
    }
  }
  if (found.empty()) {
    return make_error(Errc::not_found, "no invite of " + name() + " has that id",
                      "lanyard invites shows their ids");
  }
  if (found.size() > 1) {
    return make_error(Errc::invalid, "several invites have an id that starts like this",
                      "type more of it");
  }
  return revoke(turn, found.front().bytes);
}

Result<void> LocalNetwork::revoke(Turn& turn, const network::RevokedKey& key) {
  const network::AddOutcome added =
      roster_.add(network::Revocation::make(id(), key, turn.wall, *keys_.admin), turn.wall);
  if (added.result != network::AddResult::added && added.result != network::AddResult::known) {
    return make_error(Errc::overloaded, name() + " has too many revocations");
  }
  apply(turn, added.change, 0);
  save_roster_now();
  return {};
}

}  // namespace lanyard::node
