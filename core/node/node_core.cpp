// SPDX-License-Identifier: Apache-2.0
// Where each input goes. What follows from it is worked off in node_settle.cpp.
#include "core/node/node_core.h"

#include <algorithm>
#include <utility>

#include "core/network/name.h"

namespace lanyard::node {

namespace {

// DHT nodes: with those of the first minute the next start needs no bootstrap node, even after a
// crash; later ones are hardly better.
constexpr Duration kFirstSave = minutes(1);
constexpr Duration kSaveEvery = minutes(10);

dht::Settings dht_settings(const Settings& settings) {
  dht::Settings out;
  switch (settings.dht_mode) {
    case DhtMode::public_: out.mode = dht::Mode::public_; break;
    case DhtMode::private_: out.mode = dht::Mode::private_; break;
    case DhtMode::off: out.mode = dht::Mode::off; break;
  }
  out.bootstrap = settings.bootstrap;
  out.limits = settings.dht_limits;
  return out;
}

tunnel::HandshakeSettings handshake_settings(const Settings& settings) {
  tunnel::HandshakeSettings out;
  out.backends = settings.aead_backends;
  return out;
}

}  // namespace

Node::Core::Core(Settings settings, Rng& rng, LogSink& log_sink)
    : settings_(std::move(settings)),
      rng_(rng),
      log_sink_(log_sink),
      dht_(dht_settings(settings_), rng),
      handshakes_(handshake_settings(settings_), rng),
      relay_desk_(settings_.relay_quota) {
  settings_.default_member_name = network::to_member_name(settings_.default_member_name);
}

UnixTime Node::Core::wall(Instant now) const {
  return {(now.nanoseconds + wall_offset_nanoseconds_) / seconds(1).nanoseconds};
}

void Node::Core::set_wall_clock(Instant now, UnixTime wall) {
  wall_offset_nanoseconds_ = wall.seconds * seconds(1).nanoseconds - now.nanoseconds;
}

Turn Node::Core::turn(Instant now, Outbox& out) {
  return Turn{.now = now,
              .wall = wall(now),
              .settings = settings_,
              .rng = rng_,
              .log_sink = log_sink_,
              .surroundings = surroundings_,
              .handshakes = handshakes_,
              .dht = dht_,
              .dht_events = dht_events_,
              .relay_desk = relay_desk_,
              .out = out};
}

Result<void> Node::Core::restore(std::string_view name, Bytes contents) {
  if (name == kDaemonFileName) {
    auto file = parse_daemon_file(contents);
    if (!file) return file.error();
    remembered_ = *std::move(file);
    return {};
  }
  const auto kind = network_file_kind(name);
  if (kind == NetworkFileKind::network) {
    auto file = parse_network_file(contents);
    if (!file) return file.error();
    const network::NetworkId id = file->membership.network();
    restored_networks_.insert_or_assign(id, *std::move(file));
    return {};
  }
  if (kind == NetworkFileKind::roster) {
    auto file = parse_roster_file(contents);
    if (!file) return file.error();
    const network::NetworkId id = file->roster.network();
    restored_rosters_.insert_or_assign(id, *std::move(file));
    return {};
  }
  return make_error(Errc::invalid, "this is no state file of Lanyard's");
}

void Node::Core::start(Instant now, UnixTime wall, std::uint16_t port, Ipv6 ipv6, Outbox& out) {
  started_ = now;
  set_wall_clock(now, wall);
  surroundings_.port = port;
  Turn turn = this->turn(now, out);
  dht_.restore_nodes(remembered_.dht_nodes);
  if (remembered_.dht_id) dht_.restore_own_id(IpFamily::v4, *remembered_.dht_id);
  if (remembered_.dht_id6) dht_.restore_own_id(IpFamily::v6, *remembered_.dht_id6);
  dht_.start(now, port, {.v4 = true, .v6 = ipv6 == Ipv6::there}, out.datagrams);
  for (auto& [id, file] : restored_networks_) {
    const auto restored = restored_rosters_.find(id);
    network::Roster roster(id);
    std::vector<RememberedPath> paths;
    if (restored != restored_rosters_.end()) {
      roster = std::move(restored->second.roster);
      paths = std::move(restored->second.paths);
    }
    const bool wanted_up = file.preferences.wanted == Wanted::up;
    LocalNetwork& network = add_network(turn, std::move(file), std::move(roster));
    network.remember(turn, paths);
    if (wanted_up) network.bring_up(turn);
  }
  restored_networks_.clear();
  restored_rosters_.clear();
  if (settings_.port_mappings == PortMappings::on) mapping_.emplace(rng_, remembered_.mapping);
  open_doors();
  save_daemon_file(turn);
  next_save_ = now + kFirstSave;
  settle(turn);
}

void Node::Core::handle_underlay(Instant now, const Underlay& underlay, Outbox& out) {
  Turn turn = this->turn(now, out);
  surroundings_.underlay = underlay;
  surroundings_.outside.clear();
  std::vector<IpAddress> own_addresses;
  for (const LocalAddress& local : underlay.addresses) {
    own_addresses.push_back(local.prefix.address);
  }
  dht_.set_own_addresses(own_addresses);
  dht_.handle_network_change(now, out.datagrams);
  if (surroundings_.mapped) dht_.set_reachable(surroundings_.mapped->address.family());
  for (auto& [id, network] : networks_) network->handle_surroundings(turn);
  for (const auto& joining : joins_) joining->handle_surroundings(turn);
  settle(turn);
}

void Node::Core::add_bootstrap(Instant now, std::span<const Endpoint> endpoints, Outbox& out) {
  Turn turn = this->turn(now, out);
  dht_.add_bootstrap(now, endpoints, out.datagrams);
  settle(turn);
}

void Node::Core::handle_datagram(Instant now, const Endpoint& from, Bytes payload, Outbox& out) {
  Turn turn = this->turn(now, out);
  switch (tunnel::classify(payload)) {
    case tunnel::DatagramKind::krpc:
      dht_.handle_datagram(now, from, payload, out.datagrams, dht_events_);
      break;
    case tunnel::DatagramKind::handshake_1:
    case tunnel::DatagramKind::handshake_2:
    case tunnel::DatagramKind::handshake_3:
    case tunnel::DatagramKind::cookie:
      handshakes_.handle_datagram(now, from, payload, out.datagrams, handshake_events_);
      break;
    case tunnel::DatagramKind::data: handle_early_datagram(turn, from, payload); break;
    case tunnel::DatagramKind::relayed:
    case tunnel::DatagramKind::path_probe:
    case tunnel::DatagramKind::lan_beacon:
    case tunnel::DatagramKind::unknown: break;  // the workers count these
  }
  settle(turn);
}

void Node::Core::handle_lan_beacon(Instant now, const Endpoint& from, Bytes payload, Outbox& out) {
  Turn turn = this->turn(now, out);
  if (settings_.lan == Lan::off) return;
  for (auto& [id, network] : networks_) {
    if (network->handle_beacon(turn, from, payload)) break;
  }
  settle(turn);
}

// A peer may speak right behind its message 3. Frames among that are lost: their senders expect
// that of a path so young, and there is no device to give them to here.
void Node::Core::handle_early_datagram(Turn& turn, const Endpoint& from, Bytes payload) {
  const auto header = tunnel::parse_data_header(payload);
  if (!header) return;
  std::shared_ptr<tunnel::Session> session;
  for (auto& [id, network] : networks_) {
    if (session == nullptr) session = network->find_session(header->receiver);
  }
  for (const auto& joining : joins_) {
    if (session == nullptr) session = joining->find_session(header->receiver);
  }
  if (session == nullptr) return;
  Buffer datagram = to_buffer(payload);
  const tunnel::OpenOutcome outcome = session->open(datagram);
  const auto* const body = std::get_if<tunnel::Body>(&outcome);
  if (body == nullptr || body->kind != tunnel::BodyKind::control) return;
  give_control_frame(turn, {header->receiver, from, body->payload});
}

void Node::Core::handle_control_frame(Instant now, const ControlFrame& frame, Outbox& out) {
  Turn turn = this->turn(now, out);
  give_control_frame(turn, frame);
  settle(turn);
}

void Node::Core::give_control_frame(Turn& turn, const ControlFrame& frame) {
  bool taken = false;
  for (auto& [id, network] : networks_) taken = taken || network->handle_control(turn, frame);
  for (const auto& joining : joins_) taken = taken || joining->handle_control(turn, frame);
}

void Node::Core::handle_new_address(Instant now,
                                    std::uint32_t index,
                                    const Endpoint& from,
                                    Outbox& out) {
  Turn turn = this->turn(now, out);
  for (auto& [id, network] : networks_) {
    if (network->handle_new_address(turn, index, from)) break;
  }
  settle(turn);
}

void Node::Core::handle_device(Instant now,
                               DeviceId device,
                               const Result<std::string>& name,
                               Outbox& out) {
  Turn turn = this->turn(now, out);
  for (auto& [id, network] : networks_) {
    if (network->handles().device != device) continue;
    network->handle_device(turn, name);
    if (!name) device_failed(turn, id, name.error());
    break;
  }
  settle(turn);
}

void Node::Core::handle_timeout(Instant now, Outbox& out) {
  Turn turn = this->turn(now, out);
  if (dht_.next_timeout() <= now) dht_.handle_timeout(now, out.datagrams, dht_events_);
  if (handshakes_.next_timeout() <= now) {
    handshakes_.handle_timeout(now, out.datagrams, handshake_events_);
  }
  relay_desk_.tick(now);
  for (auto& [id, network] : networks_) {
    if (network->next_tick() <= now) network->tick(turn);
  }
  for (const auto& joining : joins_) {
    if (joining->next_tick() <= now) joining->tick(turn);
  }
  if (mapping_ && mapping_->next_timeout() <= now) {
    mapping_->handle_timeout(now, out.router_datagrams);
  }
  if (next_save_ <= now) save_daemon_file(turn);
  settle(turn);
}

Instant Node::Core::next_timeout() const {
  Instant next = earlier(earlier(dht_.next_timeout(), handshakes_.next_timeout()), next_save_);
  for (const auto& [id, network] : networks_) next = earlier(next, network->next_tick());
  for (const auto& joining : joins_) next = earlier(next, joining->next_tick());
  if (mapping_) next = earlier(next, mapping_->next_timeout());
  for (const PingJob& job : pings_) next = earlier(next, job.next_event());
  return next;
}

void Node::Core::stop(Instant now, Outbox& out) {
  Turn turn = this->turn(now, out);
  if (mapping_) mapping_->release(out.router_datagrams);
  save_daemon_file(turn);
  for (auto& [id, network] : networks_) network->stop(turn);
  for (const auto& joining : joins_) joining->stop(turn, "the daemon there is stopping");
  wrap_relayed(turn);
}

void Node::Core::save_daemon_file(Turn& turn) {
  next_save_ = turn.now + kSaveEvery;
  remembered_.port = surroundings_.port;
  if (mapping_) remembered_.mapping = mapping_->remembered();
  remembered_.note_nodes(dht_.good_nodes(turn.now));
  if (settings_.dht_mode != DhtMode::off) {
    remembered_.dht_id = dht_.own_id(IpFamily::v4);
    remembered_.dht_id6 = dht_.own_id(IpFamily::v6);
  }
  turn.out.files.push_back({std::string(kDaemonFileName), encode_daemon_file(remembered_)});
}

// ---- Node ----

Node::Node(Settings settings, Rng& rng, LogSink& log_sink)
    : core_(std::make_unique<Core>(std::move(settings), rng, log_sink)) {}
Node::~Node() = default;

Result<void> Node::restore(std::string_view name, Bytes contents) {
  return core_->restore(name, contents);
}
void Node::start(Instant now, UnixTime wall, std::uint16_t port, Ipv6 ipv6, Outbox& out) {
  core_->start(now, wall, port, ipv6, out);
}
std::uint16_t Node::remembered_port() const { return core_->remembered_port(); }
void Node::set_wall_clock(Instant now, UnixTime wall) { core_->set_wall_clock(now, wall); }
void Node::set_dropped(std::vector<std::pair<std::string, std::uint64_t>> dropped) {
  core_->set_dropped(std::move(dropped));
}
void Node::set_system_facts(SystemFacts facts) { core_->set_system_facts(std::move(facts)); }
void Node::handle_underlay(Instant now, const Underlay& underlay, Outbox& out) {
  core_->handle_underlay(now, underlay, out);
}
void Node::handle_route(Instant now, const std::optional<nat::Route>& route, Outbox& out) {
  core_->handle_route(now, route, out);
}
void Node::handle_router_datagram(Instant now, const Endpoint& from, Bytes payload, Outbox& out) {
  core_->handle_router_datagram(now, from, payload, out);
}
void Node::add_bootstrap(Instant now, std::span<const Endpoint> endpoints, Outbox& out) {
  core_->add_bootstrap(now, endpoints, out);
}
void Node::handle_datagram(Instant now, const Endpoint& from, Bytes payload, Outbox& out) {
  core_->handle_datagram(now, from, payload, out);
}
void Node::handle_lan_beacon(Instant now, const Endpoint& from, Bytes payload, Outbox& out) {
  core_->handle_lan_beacon(now, from, payload, out);
}
void Node::handle_control_frame(Instant now, const ControlFrame& frame, Outbox& out) {
  core_->handle_control_frame(now, frame, out);
}
void Node::handle_new_address(Instant now,
                              std::uint32_t session_index,
                              const Endpoint& from,
                              Outbox& out) {
  core_->handle_new_address(now, session_index, from, out);
}
void Node::handle_device(Instant now,
                         DeviceId device,
                         const Result<std::string>& name,
                         Outbox& out) {
  core_->handle_device(now, device, name, out);
}
void Node::handle_request(Instant now, RequestId id, const control::Request& request, Outbox& out) {
  core_->handle_request(now, id, request, out);
}
void Node::cancel_request(Instant now, RequestId id, Outbox& out) {
  core_->cancel_request(now, id, out);
}
void Node::handle_timeout(Instant now, Outbox& out) { core_->handle_timeout(now, out); }
Instant Node::next_timeout() const { return core_->next_timeout(); }
void Node::stop(Instant now, Outbox& out) { core_->stop(now, out); }

}  // namespace lanyard::node
