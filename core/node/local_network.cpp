// SPDX-License-Identifier: Apache-2.0
// The life of a network: coming up, ticking, going down, and its files.
#include "core/node/local_network.h"

#include <algorithm>
#include <utility>

#include "core/node/dht_entry.h"

namespace lanyard::node {

namespace {

constexpr Duration kBusyTick = milliseconds(250);
constexpr Duration kCalmTick = seconds(1);
constexpr Duration kTrafficTick = milliseconds(100);  // a path that dies under it is noticed soon
constexpr Duration kBeaconCalm = seconds(60);
constexpr Duration kSaveEvery = seconds(5);    // rosters change in bursts
constexpr Duration kExpiryEvery = minutes(1);  // or digests differ around an invite's end

std::array<std::uint8_t, 16> id_bytes(const network::NetworkId& id) { return id.bytes; }

tunnel::Credentials door(std::uint32_t id,
                         tunnel::Scope scope,
                         const network::NetworkId& network,
                         const network::AccessKeys& access,
                         const NetworkKeys& keys,
                         const network::Membership& membership) {
  return {.id = id,
          .scope = scope,
          .side = tunnel::Side::member,
          .network_id = id_bytes(network),
          .mac_key = access.mac_key().clone(),
          .cookie_key = access.cookie_key().clone(),
          .psk = access.psk().clone(),
          .static_key = keys.noise.clone(),
          .membership = membership.encode()};
}

}  // namespace

LocalNetwork::LocalNetwork(NetworkHandles handles,
                           NetworkFile file,
                           network::Roster roster,
                           UnixTime now)
    : handles_(handles),
      keys_(std::move(file.keys)),
      preferences_(std::move(file.preferences)),
      membership_(std::move(file.membership)),
      own_id_(membership_.member()),
      roster_(std::move(roster)),
      member_access_(keys_.secret, network::Scope::member),
      join_access_(keys_.secret, network::Scope::join),
      mesh_(handles.member_credentials, keys_.noise.public_key()),
      detours_(keys_.noise.public_key()),
      discovery_(handles.member_credentials, handles.join_credentials),
      beacons_(kBeaconCalm) {
  for (const Buffer& item : file.chain) (void)roster_.add_item(item, now);
  (void)roster_.add(membership_, now);
}

const std::string& LocalNetwork::name() const { return roster_.charter()->terms().name; }

IpPrefix LocalNetwork::subnet() const { return roster_.charter()->terms().subnet; }

control::NetworkState LocalNetwork::state() const {
  if (preferences_.wanted == Wanted::down) return control::NetworkState::down;
  if (!trouble_.empty()) return control::NetworkState::error;
  return device_ == Device::open ? control::NetworkState::up : control::NetworkState::starting;
}

std::vector<tunnel::Credentials> LocalNetwork::credentials() const {
  std::vector<tunnel::Credentials> out;
  if (!is_wanted_up()) return out;
  out.push_back(door(handles_.member_credentials, tunnel::Scope::member, id(), member_access_,
                     keys_, membership_));
  out.push_back(
      door(handles_.join_credentials, tunnel::Scope::join, id(), join_access_, keys_, membership_));
  return out;
}

void LocalNetwork::remember(Turn& turn, const std::vector<RememberedPath>& paths) {
  mesh_.follow(turn, roster_, own_id_);
  for (const RememberedPath& path : paths) {
    mesh_.remember(path.member, path.endpoint, path.last_seen);
  }
  offer_members_as_dht_nodes(turn, roster_, own_id_, paths);
}

void LocalNetwork::change(const std::optional<std::string>& interface,
                          const std::optional<std::uint32_t>& mtu) {
  if (interface) preferences_.interface = *interface;
  if (mtu) preferences_.mtu = *mtu;
  network_file_due_ = network_file_due_ || interface || mtu;
}

void LocalNetwork::bring_up(Turn& turn) {
  if (preferences_.wanted == Wanted::down) network_file_due_ = true;
  preferences_.wanted = Wanted::up;
  trouble_.clear();
  mesh_.follow(turn, roster_, own_id_);
  mesh_.retry_all(turn, roster_.digest());
  beacons_.restart();
  discovery_.begin(turn);
  missing_members_.stop(turn);
  if (roster_.has_open_invite(turn.wall)) discovery_.expect_newcomers(turn.now);
  presence_due_ = true;
  next_tick_ = turn.now;
  configure_device(turn);
  if (self() == nullptr) trouble_ = "this machine is no longer a member: leave, or join again";
}

void LocalNetwork::take_down(Turn& turn, std::string_view reason) {
  close_all_circuits(turn);
  mesh_.drop_all(turn, reason);
  discovery_.stop(turn);
  own_whereabouts_.stop(turn);
  missing_members_.stop(turn);
  if (device_ != Device::closed) turn.out.closed_devices.push_back(handles_.device);
  device_ = Device::closed;
  device_name_.clear();
  configured_.clear();
  trouble_.clear();
  preferences_.wanted = Wanted::down;
  network_file_due_ = true;
  next_tick_ = Instant::never();
  turn.forwarding_changed = true;
}

void LocalNetwork::leave(Turn& turn) {
  take_down(turn, "it has left the network");
  turn.out.files.push_back({network_file_name(id()), std::nullopt});
  turn.out.files.push_back({roster_file_name(id()), std::nullopt});
  network_file_due_ = false;
  roster_file_due_ = false;
}

void LocalNetwork::stop(Turn& turn) {
  roster_file_due_ = true;
  next_roster_save_ = Instant::long_ago();
  save(turn);
  close_all_circuits(turn);
  mesh_.drop_all(turn, "the daemon there is stopping");
}

Discovery::Wanted LocalNetwork::wanted(const Turn& turn) const {
  Discovery::Wanted out;
  if (!mesh_.all_connected()) {
    out.members = is_connected_to_anyone() ? Discovery::Wanted::Members::some
                                           : Discovery::Wanted::Members::all;
  }
  if (roster_.has_open_invite(turn.wall)) out.newcomers = Discovery::Wanted::Newcomers::yes;
  return out;
}

void LocalNetwork::exchange_whereabouts(Turn& turn) {
  if (mesh_.peers().empty()) return;
  if (const network::Presence* presence = roster_.presence(own_id_)) {
    own_whereabouts_.tick(turn, member_access_, *presence);
  }
  missing_members_.tick(turn, member_access_, mesh_.missing());
}

void LocalNetwork::handle_item_found(Turn& turn, const dht::ItemFound& found) {
  if (own_whereabouts_.item_found(found)) return;
  if (const auto presence = missing_members_.item_found(member_access_, found)) {
    apply(turn, roster_.add(*presence, turn.wall).change, 0);
  }
}

void LocalNetwork::tick(Turn& turn) {
  if (self() == nullptr) {
    save(turn);
    next_tick_ = turn.now + minutes(1);
    return;
  }
  mesh_.tick(turn, roster_);
  tick_relays(turn);
  mesh_.tell_vantage(turn);
  for (const tunnel::SessionIndex index : mesh_.unverified()) verify(turn, index);
  if (turn.now >= next_expiry_) {
    next_expiry_ = turn.now + kExpiryEvery;
    apply(turn, roster_.expire(turn.wall), 0);
  }
  discovery_.tick(turn, member_access_, join_access_, wanted(turn));
  exchange_whereabouts(turn);
  if (turn.settings.lan == Lan::on && beacons_.take(turn.now)) {
    turn.out.lan_beacons.push_back(
        seal_beacon(member_access_, turn.surroundings.port, &keys_.identity, turn.wall, turn.rng));
  }
  if (presence_due_ && turn.now >= next_presence_) publish_presence(turn);
  const bool busy = mesh_.is_busy() || discovery_.is_active() || detours_.is_busy();
  // New keys are due within an eighth of their interval, also where tests make that short.
  const Duration calm = std::min(kCalmTick, turn.settings.rekey_after / 8);
  next_tick_ = turn.now + (busy ? std::min(kBusyTick, calm) : calm);
  if (mesh_.has_traffic(turn.now)) next_tick_ = earlier(next_tick_, turn.now + kTrafficTick);
  save(turn);
}

void LocalNetwork::handle_surroundings(Turn& turn) {
  if (!is_wanted_up()) return;
  presence_due_ = true;
  next_tick_ = earlier(next_tick_, turn.now);
  beacons_.restart();
  discovery_.begin(turn);
  missing_members_.stop(turn);
  mesh_.retry_all(turn, roster_.digest());
  configure_device(turn);
}

void LocalNetwork::note_outside(Turn& turn) {
  if (!is_wanted_up()) return;
  presence_due_ = true;
  next_tick_ = earlier(next_tick_, turn.now);
}

void LocalNetwork::save(Turn& turn) {
  if (network_file_due_) {
    network_file_due_ = false;
    turn.out.files.push_back(
        {network_file_name(id()),
         encode_network_file(keys_, preferences_, membership_, roster_.chain_items(own_id_))});
  }
  if (roster_file_due_ && turn.now >= next_roster_save_) {
    roster_file_due_ = false;
    next_roster_save_ = turn.now + kSaveEvery;
    std::vector<RememberedPath> paths;
    for (const auto& [id, peer] : mesh_.peers()) {
      const Link* link = mesh_.sending_link(peer);
      if (link != nullptr && !tunnel::is_relayed(link->endpoint)) {
        paths.push_back({id, link->endpoint, peer.last_seen});
      } else if (!peer.learned.empty()) {
        paths.push_back({id, peer.learned.front(), peer.last_seen});
      }
    }
    turn.out.files.push_back({roster_file_name(id()), encode_roster_file(roster_, paths)});
  }
}

void LocalNetwork::add_forwarding(const RelayDesk& desk, Forwarding& forwarding) const {
  const network::Member* own = self();
  if (!is_wanted_up() || own == nullptr) return;
  vswitch::SwitchTables::Contents tables;
  tables.own_mac = own->mac;
  DeviceForwarding device{.device = handles_.device, .tables = {}, .peers = {}};
  for (const network::Member& member : roster_.members()) {
    if (member.ipv4) tables.neighbors.push_back({*member.ipv4, member.mac});
    tables.neighbors.push_back({member.ipv6, member.mac});
    const Peer* peer = mesh_.find(member.id);
    if (peer == nullptr) continue;
    PeerPath path;
    if (const Link* link = mesh_.sending_link(*peer)) {
      path = path_of(*link);
      tables.flood.push_back(static_cast<vswitch::PeerSlot>(tables.members.size()));
    }
    tables.members.push_back(member.mac);
    device.peers.push_back(std::move(path));
  }
  device.tables = vswitch::SwitchTables(std::move(tables));
  forwarding.devices.push_back(std::move(device));
  mesh_.add_sessions(handles_.device, roster_, forwarding);
  add_circuits(desk, forwarding);
}

}  // namespace lanyard::node
