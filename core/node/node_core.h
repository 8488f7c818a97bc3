// SPDX-License-Identifier: Apache-2.0
// The inside of Node: its networks, joins and requests, and the two protocol machines that all of
// them share (DHT and handshakes). Each input is one turn: it goes to the part that it is for, then
// settle() works off what followed from it.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/node/daemon_file.h"
#include "core/node/joining.h"
#include "core/node/local_network.h"
#include "core/node/node.h"
#include "core/node/ping_jobs.h"

namespace lanyard::node {

class Node::Core {
 public:
  Core(Settings settings, Rng& rng, LogSink& log_sink);

  Result<void> restore(std::string_view name, Bytes contents);
  void start(Instant now, UnixTime wall, std::uint16_t port, Ipv6 ipv6, Outbox& out);
  std::uint16_t remembered_port() const { return remembered_.port; }

  void set_wall_clock(Instant now, UnixTime wall);
  void set_dropped(std::vector<std::pair<std::string, std::uint64_t>> dropped) {
    dropped_ = std::move(dropped);
  }
  void set_system_facts(SystemFacts facts) { system_ = std::move(facts); }
  void handle_underlay(Instant now, const Underlay& underlay, Outbox& out);
  void handle_route(Instant now, const std::optional<nat::Route>& route, Outbox& out);
  void handle_router_datagram(Instant now, const Endpoint& from, Bytes payload, Outbox& out);
  void add_bootstrap(Instant now, std::span<const Endpoint> endpoints, Outbox& out);
  void handle_datagram(Instant now, const Endpoint& from, Bytes payload, Outbox& out);
  void handle_lan_beacon(Instant now, const Endpoint& from, Bytes payload, Outbox& out);
  void handle_control_frame(Instant now, const ControlFrame& frame, Outbox& out);
  void handle_new_address(Instant now, std::uint32_t index, const Endpoint& from, Outbox& out);
  void handle_device(Instant now, DeviceId device, const Result<std::string>& name, Outbox& out);
  void handle_request(Instant now, RequestId id, const control::Request& request, Outbox& out);
  void cancel_request(Instant now, RequestId id, Outbox& out);
  void handle_timeout(Instant now, Outbox& out);
  Instant next_timeout() const;
  void stop(Instant now, Outbox& out);

 private:
  void give_control_frame(Turn& turn, const ControlFrame& frame);
  void handle_early_datagram(Turn& turn, const Endpoint& from, Bytes payload);
  using Networks = std::map<network::NetworkId, std::unique_ptr<LocalNetwork>>;
  using Answered = Result<control::Reply>;

  // A network that was brought up for a request, which is answered once it can be used.
  struct Waiting {
    enum class For : std::uint8_t { create, up, join };
    RequestId request = 0;
    network::NetworkId network;
    For what = For::up;
    Instant since;
  };

  Turn turn(Instant now, Outbox& out);
  UnixTime wall(Instant now) const;
  // Events of DHT and handshakes, ended joins, then what the turn changed.
  void settle(Turn& turn);
  void settle_dht(Turn& turn);
  void settle_handshakes(Turn& turn);
  void settle_joins(Turn& turn);
  void settle_waiting(Turn& turn);
  void settle_pings(Turn& turn);
  void settle_mapping(Turn& turn);
  void finish_join(Turn& turn, Joining& joining);
  void publish_forwarding(Turn& turn);
  void wrap_relayed(Turn& turn) const;
  void open_doors();
  void note_overlays();

  LocalNetwork* owner(std::uint32_t credentials_id);
  Joining* joining(std::uint32_t credentials_id);
  LocalNetwork& add_network(Turn& turn, NetworkFile file, network::Roster roster);
  void remove_network(Turn& turn, network::NetworkId id);
  NetworkHandles new_handles();
  void save_daemon_file(Turn& turn);

  // node_requests.cpp
  Result<LocalNetwork*> find_network(std::string_view text);
  void answer(Turn& turn, RequestId id, Answered answered);
  void handle(Turn& turn, RequestId id, const control::CreateNetwork& request);
  void handle(Turn& turn, RequestId id, const control::NetworkUp& request);
  void handle(Turn& turn, RequestId id, const control::NetworkDown& request);
  void handle(Turn& turn, RequestId id, const control::LeaveNetwork& request);
  void handle(Turn& turn, RequestId id, const control::JoinNetwork& request);
  void handle(Turn& turn, RequestId id, const control::CreateInvite& request);
  void handle(Turn& turn, RequestId id, const control::ListInvites& request);
  void handle(Turn& turn, RequestId id, const control::RevokeInvite& request);
  void handle(Turn& turn, RequestId id, const control::Ping& request);
  Result<NetworkFile> found_network(Turn& turn, const control::CreateNetwork& request);
  Result<IpPrefix> subnet_for(const network::NetworkId& id, const std::optional<std::string>& text);
  std::vector<IpPrefix> used_prefixes() const;
  Result<void> check_mtu(const std::optional<std::uint32_t>& mtu) const;
  // A device could not be opened: what waits for it is answered, a creation undone.
  void device_failed(Turn& turn, network::NetworkId id, const Error& why);

  // node_status.cpp
  void handle(Turn& turn, RequestId id, const control::GetStatus& request);
  void handle(Turn& turn, RequestId id, const control::GetVersion& request);
  void handle(Turn& turn, RequestId id, const control::GetDiagnosis& request);
  void handle(Turn& turn, RequestId id, const control::GetNetcheck& request);
  void handle(Turn& turn, RequestId id, const control::Why& request);
  control::Status status(const Turn& turn) const;
  control::PortMappingStatus mapping_status(Instant now) const;

  Settings settings_;
  Rng& rng_;
  LogSink& log_sink_;
  DaemonFile remembered_;
  std::map<network::NetworkId, NetworkFile> restored_networks_;  // until start()
  std::map<network::NetworkId, RosterFile> restored_rosters_;
  dht::Dht dht_;
  tunnel::Handshakes handshakes_;
  RelayDesk relay_desk_;
  dht::Events dht_events_;
  tunnel::HandshakeEvents handshake_events_;
  Surroundings surroundings_;
  std::optional<nat::PortMapping> mapping_;  // from start(), if it is wanted
  std::int64_t wall_offset_nanoseconds_ = 0;
  Instant started_;
  Networks networks_;
  std::vector<std::unique_ptr<Joining>> joins_;
  std::vector<Waiting> waiting_;
  std::vector<PingJob> pings_;
  std::vector<std::pair<std::string, std::uint64_t>> dropped_;
  SystemFacts system_;
  std::uint32_t next_credentials_ = 1;
  Instant next_save_ = Instant::never();
};

}  // namespace lanyard::node
