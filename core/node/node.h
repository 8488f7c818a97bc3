// SPDX-License-Identifier: Apache-2.0
// Node: one Lanyard, whole, without a system under it. It composes DHT, tunnel, networks and
// control requests and routes every input to the part that it is for.
//
// Owned and called by one thread. Every handle_...() takes the monotonic time and appends what is
// to be done to the Outbox; the owner then asks next_timeout() and calls handle_timeout() at that
// time. Frames and data datagrams do not pass through here: the owner's workers run DataPlane on
// the Forwarding snapshots that come out of the Outbox, and hand in what they opened for the
// control plane.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/log.h"
#include "core/base/rng.h"
#include "core/base/time.h"
#include "core/crypto/aead.h"
#include "core/dht/settings.h"
#include "core/nat/port_mapping.h"
#include "core/node/outbox.h"
#include "core/node/relay_desk.h"
#include "core/node/system_facts.h"

namespace lanyard::node {

enum class DhtMode : std::uint8_t { public_, private_, off };
enum class Lan : std::uint8_t { off, on };
// Whether the router in front of us is asked to let strangers in to our port.
enum class PortMappings : std::uint8_t { off, on };
// Whether we relay for other members.
enum class Relay : std::uint8_t { off, on };

struct Settings {
  std::string version;
  std::string default_member_name;  // host name, made valid by the node
  DhtMode dht_mode = DhtMode::public_;
  std::vector<Endpoint> bootstrap;
  dht::Limits dht_limits;
  Lan lan = Lan::on;
  PortMappings port_mappings = PortMappings::off;
  Relay relay = Relay::on;
  std::int64_t relay_quota = RelayDesk::kDefaultQuota;  // bytes a second of each member
  Duration rekey_after = seconds(120);                  // of a session's use; tests set less
  crypto::AeadBackends aead_backends;
};

// One address of one interface of the underlay. Lanyard's own TAP devices are not among them.
struct LocalAddress {
  IpPrefix prefix;
  std::string interface;
};

struct Underlay {
  std::vector<LocalAddress> addresses;
  std::uint32_t mtu = 1500;  // the smallest of the interfaces that carry a usable address
};

// An in-session control message that a worker opened.
struct ControlFrame {
  std::uint32_t session_index = 0;  // ours
  Endpoint from;
  Bytes body;  // borrowed for the call
};

class Node {
 public:
  // rng and log_sink must outlive the node.
  Node(Settings settings, Rng& rng, LogSink& log_sink);
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;
  ~Node();

  // A state file as it was last emitted, before start(). An error means that this file cannot be
  // used; the rest of the node is unharmed and the owner sets the file aside.
  Result<void> restore(std::string_view name, Bytes contents);

  // port is the UDP port that the owner has bound, over IPv6 as well where the machine has that.
  void start(Instant now, UnixTime wall, std::uint16_t port, Ipv6 ipv6, Outbox& out);
  // The port remembered from the last run, 0 if none; valid after restore().
  std::uint16_t remembered_port() const;

  // The calendar may jump; call at least every minute.
  void set_wall_clock(Instant now, UnixTime wall);
  void handle_underlay(Instant now, const Underlay& underlay, Outbox& out);
  // The way out of this machine over IPv4, nothing if there is none; after each handle_underlay().
  void handle_route(Instant now, const std::optional<nat::Route>& route, Outbox& out);
  // What came to the socket that Outbox::router_datagrams leave by.
  void handle_router_datagram(Instant now, const Endpoint& from, Bytes payload, Outbox& out);
  // Bootstrap nodes whose host names were found only after start().
  void add_bootstrap(Instant now, std::span<const Endpoint> endpoints, Outbox& out);
  // What the workers and their queues have dropped since start, by reason and only what is not 0,
  // for Status::dropped. The owner tells before each request.
  void set_dropped(std::vector<std::pair<std::string, std::uint64_t>> dropped);
  // What the system gave the owner, for GetStatus, GetDiagnosis and GetNetcheck. The owner tells
  // before each of these requests: some of it changes while the daemon runs.
  void set_system_facts(SystemFacts facts);
  // A datagram of the tunnel's port that is not data.
  void handle_datagram(Instant now, const Endpoint& from, Bytes payload, Outbox& out);
  // A datagram of the multicast groups.
  void handle_lan_beacon(Instant now, const Endpoint& from, Bytes payload, Outbox& out);
  void handle_control_frame(Instant now, const ControlFrame& frame, Outbox& out);
  // A worker opened a data datagram of this session that came from another address than its path's.
  void handle_new_address(Instant now,
                          std::uint32_t session_index,
                          const Endpoint& from,
                          Outbox& out);
  // The outcome of a DeviceConfiguration: the device's name, or why there is none.
  void handle_device(Instant now, DeviceId device, const Result<std::string>& name, Outbox& out);
  void handle_request(Instant now, RequestId id, const control::Request& request, Outbox& out);
  // The client has gone: its request is answered no more (what it began goes on, but a join ends).
  void cancel_request(Instant now, RequestId id, Outbox& out);
  void handle_timeout(Instant now, Outbox& out);
  Instant next_timeout() const;

  // Leaving for good: says bye to every peer and emits last state.
  void stop(Instant now, Outbox& out);

 private:
  class Core;
  std::unique_ptr<Core> core_;
};

}  // namespace lanyard::node
