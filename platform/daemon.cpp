// SPDX-License-Identifier: Apache-2.0
// The order of things here is a promise: what an answer speaks of is on disk, on the wire and in
// the kernel before a client reads it.
#include "platform/daemon.h"

#include <algorithm>
#include <array>
#include <csignal>
#include <memory>
#include <optional>
#include <utility>

#include "platform/clock.h"
#include "platform/control_sender.h"
#include "platform/control_server.h"
#include "platform/devices.h"
#include "platform/drop_counters.h"
#include "platform/event_loop.h"
#include "platform/ground.h"
#include "platform/lan_multicast.h"
#include "platform/log_output.h"
#include "platform/memory_protection.h"
#include "platform/name_lookup.h"
#include "platform/open_files.h"
#include "platform/router_socket.h"
#include "platform/system_facts.h"
#include "platform/system_rng.h"
#include "platform/udp_port.h"
#include "platform/unsaved_files.h"
#include "platform/workers.h"

namespace lanyard::platform {
namespace {

// Changes of the underlay come in bursts (a link, its addresses, its routes).
constexpr Duration kUnderlaySettles = milliseconds(50);
constexpr Duration kUnderlayRetry = seconds(1);
// The calendar may be set at any time; epochs of the DHT and expiry do not need it sooner.
constexpr Duration kWallClockInterval = minutes(1);
// A deadline that the node does not move on must not keep the processor busy.
constexpr Duration kShortestWait = milliseconds(1);
// Beacons that are handled before other events get their turn.
constexpr int kBeaconsAtOnce = 32;
// At the end, for what tells peers of it and still waits in a full socket.
constexpr Duration kFarewell = milliseconds(200);
constexpr int kRouterDatagramsAtOnce = 32;

// The answer tells of something that has to be on disk.
bool is_change(const control::Reply& reply) {
  return std::holds_alternative<control::NetworkReply>(reply) ||
         std::holds_alternative<control::InviteReply>(reply) ||
         std::holds_alternative<control::Done>(reply);
}

// Control thread.
class Daemon final : private ControlRequests {
 public:
  Daemon(const DaemonOptions& options, Ground ground, LogSink& log_sink)
      : options_(options),
        log_sink_(log_sink),
        ground_(std::move(ground)),
        node_(settings_for(options, ground_), rng_, log_sink) {}

  Result<void> open();
  // Until a signal.
  void run();

 private:
  Result<void> restore();
  void open_lan();
  void watch();
  void stop();

  void handle_request(node::RequestId id, const control::Request& request) override;
  void tell_facts();
  void handle_gone(node::RequestId id) override;
  void take_control_input(const ControlInput& input);
  void take_beacons(IpFamily family);
  void take_router_datagrams();
  void read_underlay();
  void read_wall_clock();

  // After every input: carries out all that the node wants, until nothing is left.
  void settle();
  void carry_out(const node::Outbox& box);
  void arm_timer();

  const DaemonOptions& options_;
  LogSink& log_sink_;
  Ground ground_;
  UnsavedFiles unsaved_{ground_.state, log_sink_};
  SystemRng rng_;
  node::Node node_;
  node::Outbox outbox_;

  std::optional<UdpPort> port_;
  std::optional<Workers> workers_;
  std::optional<Devices> devices_;
  std::optional<LanMulticast> lan_;
  std::optional<RouterSocket> router_;
  std::vector<UnderlayInterface> underlay_;

  // Inputs that arose while the node's wishes were carried out, and wait for their turn.
  std::vector<std::pair<node::DeviceId, Result<std::string>>> device_outcomes_;
  std::vector<node::RequestId> gone_;
  bool is_settling_ = false;

  EventLoop loop_;
  std::optional<ControlSender> sender_;
  std::unique_ptr<ControlServer> server_;
  std::optional<NameLookup> names_;
  std::optional<Timer> node_timer_;
  std::optional<Timer> wall_timer_;
  std::optional<Timer> underlay_timer_;
  std::vector<std::unique_ptr<ReadableWatch>> readable_;
  std::vector<std::unique_ptr<SignalWatch>> signals_;
};

Result<void> Daemon::open() {
  // First: from here on a signal ends us in order, even one that comes before run().
  for (const int signal_number : {SIGTERM, SIGINT}) {
    signals_.push_back(std::make_unique<SignalWatch>(loop_, signal_number, [this] { stop(); }));
  }
  const auto restored = restore();
  if (!restored) return restored.error();
  auto server = ControlServer::open(loop_, options_.socket_path, *this, log_sink_);
  if (!server) return server.error();
  server_ = std::move(*server);
  auto port = open_port(options_, node_.remembered_port(), log_sink_);
  if (!port) return port.error();
  port_.emplace(std::move(*port));
  sender_.emplace(loop_, *port_);
  workers_.emplace(*port_);
  const auto started = workers_->start();
  if (!started) return started.error();
  devices_.emplace(ground_.netlink, *workers_, options_.offloads);
  if (options_.lan == node::Lan::on) open_lan();
  if (options_.port_mappings == node::PortMappings::on) {
    auto router = RouterSocket::open();
    if (!router) return router.error();
    router_.emplace(std::move(*router));
  }
  return {};
}

Result<void> Daemon::restore() {
  const auto files = ground_.state.load_all(wall_clock());
  if (!files) return files.error();
  for (const StoredFile& file : *files) {
    const auto restored = node_.restore(file.name, file.contents);
    if (!restored) ground_.state.set_aside(file.name, restored.error().message, wall_clock());
  }
  return {};
}

void Daemon::open_lan() {
  auto lan = LanMulticast::open();
  if (lan) {
    lan_.emplace(std::move(*lan));
  } else {
    log_sink_.write(LogLevel::warning, lan.error().message);
  }
}

void Daemon::run() {
  watch();
  log(log_sink_, LogLevel::info, "lanyard ", options_.version, " on UDP port ", port_->port(),
      ", control socket ", options_.socket_path);
  const auto ipv6 = port_->has(IpFamily::v6) ? node::Ipv6::there : node::Ipv6::missing;
  node_.start(now(), wall_clock(), port_->port(), ipv6, outbox_);
  settle();
  read_underlay();
  names_->ask();
  loop_.run();
  // A second signal while all is taken down waits for the end: it must not kill us halfway.
  server_.reset();
  readable_.clear();
  devices_.reset();
  workers_.reset();
  hold_back_signals();
}

void Daemon::watch() {
  const auto on_readable = [this](int descriptor, auto function) {
    if (descriptor < 0) return;
    readable_.push_back(std::make_unique<ReadableWatch>(loop_, descriptor, std::move(function)));
  };
  for (std::size_t i = 0; i < workers_->size(); ++i) {
    on_readable(workers_->control_queue(i).descriptor(), [this, i] {
      workers_->control_queue(i).drain(
          [this](const ControlInput& input) { take_control_input(input); });
    });
  }
  on_readable(ground_.monitor.descriptor(), [this] {
    ground_.monitor.drain();
    underlay_timer_->start(kUnderlaySettles);
  });
  for (const IpFamily family : {IpFamily::v4, IpFamily::v6}) {
    if (lan_) on_readable(lan_->descriptor(family), [this, family] { take_beacons(family); });
  }
  if (router_) on_readable(router_->descriptor(), [this] { take_router_datagrams(); });
  node_timer_.emplace(loop_, [this] {
    node_.handle_timeout(now(), outbox_);
    settle();
  });
  underlay_timer_.emplace(loop_, [this] { read_underlay(); });
  wall_timer_.emplace(loop_, [this] { read_wall_clock(); });
  wall_timer_->start(kWallClockInterval);
  names_.emplace(loop_, ground_.bootstrap.names, log_sink_,
                 [this](const std::vector<Endpoint>& endpoints) {
                   node_.add_bootstrap(now(), endpoints, outbox_);
                   settle();
                 });
}

void Daemon::stop() {
  log(log_sink_, LogLevel::info, "stopping");
  node_.stop(now(), outbox_);
  settle();
  sender_->finish(kFarewell);
  loop_.stop();
}

void Daemon::handle_request(node::RequestId id, const control::Request& request) {
  if (std::holds_alternative<control::GetStatus>(request) ||
      std::holds_alternative<control::GetDiagnosis>(request) ||
      std::holds_alternative<control::GetNetcheck>(request)) {
    tell_facts();
  }
  node_.handle_request(now(), id, request, outbox_);
  settle();
}

// What only the workers and the system know.
void Daemon::tell_facts() {
  DropList own;
  sender_->tell_drops(own);
  add_drops(own, "udp_queue_full", port_->queue_drops());
  add_drops(own, "device_queue_full", devices_->queue_drops());
  const std::array<DropList, 2> lists{workers_->dropped(), std::move(own)};
  node_.set_dropped(sum_of(lists));
  node_.set_system_facts(system_facts(options_, ground_.backends, *port_, *devices_, unsaved_));
}

void Daemon::handle_gone(node::RequestId id) {
  gone_.push_back(id);
  settle();
}

void Daemon::take_control_input(const ControlInput& input) {
  switch (input.kind) {
    case ControlInput::Kind::datagram:
      node_.handle_datagram(now(), input.from, input.body(), outbox_);
      break;
    case ControlInput::Kind::control_frame:
      node_.handle_control_frame(now(), {input.session_index, input.from, input.body()}, outbox_);
      break;
    case ControlInput::Kind::new_address:
      node_.handle_new_address(now(), input.session_index, input.from, outbox_);
      break;
  }
  settle();
}

void Daemon::take_beacons(IpFamily family) {
  for (int i = 0; i < kBeaconsAtOnce; ++i) {
    const auto beacon = lan_->receive(family);
    if (!beacon) return;
    node_.handle_lan_beacon(now(), beacon->from, beacon->payload, outbox_);
    settle();
  }
}

void Daemon::take_router_datagrams() {
  for (int i = 0; i < kRouterDatagramsAtOnce; ++i) {
    const auto datagram = router_->receive();
    if (!datagram) return;
    node_.handle_router_datagram(now(), datagram->from, datagram->payload, outbox_);
    settle();
  }
}

void Daemon::read_underlay() {
  devices_->handle_network_change();
  port_->handle_network_change();
  auto interfaces = ground_.netlink.underlay();
  if (!interfaces) {
    // A listing that a change has interrupted is begun anew.
    log_sink_.write(LogLevel::info, interfaces.error().message);
    underlay_timer_->start(kUnderlayRetry);
    return;
  }
  // A route may change where no address does; one that did not is no news to the node.
  const auto tell_route = [this] {
    if (!router_) return;
    node_.handle_route(now(), ground_.netlink.default_route(), outbox_);
    settle();
  };
  if (*interfaces == underlay_) return tell_route();
  underlay_ = std::move(*interfaces);
  if (lan_) lan_->set_interfaces(underlay_);
  node_.handle_underlay(now(), describe_underlay(underlay_), outbox_);
  settle();
  tell_route();
  names_->ask();
}

void Daemon::read_wall_clock() {
  node_.set_wall_clock(now(), wall_clock());
  settle();
  wall_timer_->start(kWallClockInterval);
}

void Daemon::settle() {
  // Carrying out may find that a client has gone; the loop below then takes that up.
  if (std::exchange(is_settling_, true)) return;
  while (true) {
    carry_out(std::exchange(outbox_, {}));
    for (const auto& [device, outcome] : std::exchange(device_outcomes_, {})) {
      node_.handle_device(now(), device, outcome, outbox_);
      carry_out(std::exchange(outbox_, {}));
    }
    const auto gone = std::exchange(gone_, {});
    for (const node::RequestId id : gone) {
      node_.cancel_request(now(), id, outbox_);
      carry_out(std::exchange(outbox_, {}));
    }
    if (device_outcomes_.empty() && gone_.empty()) break;
  }
  is_settling_ = false;
  arm_timer();
}

void Daemon::carry_out(const node::Outbox& box) {
  // Whoever waits for an answer may try what failed before; mere traffic does not.
  const bool is_asked = !box.files.empty() || !box.answers.empty();
  const auto stored = is_asked ? unsaved_.store(box.files) : Result<void>();
  for (const node::DeviceId device : box.closed_devices) devices_->close(device);
  for (const node::DeviceConfiguration& wanted : box.devices) {
    device_outcomes_.emplace_back(wanted.device, devices_->configure(wanted));
  }
  if (box.forwarding) workers_->set_forwarding(box.forwarding);
  sender_->send(box.datagrams);
  if (router_) {
    for (const Datagram& datagram : box.router_datagrams) router_->send(datagram);
  }
  if (lan_) {
    for (const Buffer& beacon : box.lan_beacons) lan_->send(beacon);
  }
  for (const node::Notice& notice : box.notices) server_->notify(notice);
  for (const node::Answer& answer : box.answers) {
    // What is not on disk is lost with the next start: that is no success.
    const bool is_lost = answer.reply && !stored && is_change(*answer.reply);
    server_->answer(is_lost ? node::Answer{answer.request, stored.error()} : answer);
  }
}

void Daemon::arm_timer() {
  const Instant next = node_.next_timeout();
  if (next == Instant::never()) {
    node_timer_->stop();
  } else {
    node_timer_->start(std::max(next - now(), kShortestWait));
  }
}

}  // namespace

Result<void> run_daemon(const DaemonOptions& options) {
  LogOutput log_sink(options.log_level);
  raise_open_file_limit();
  // A client that has gone is noticed by the write that fails.
  std::signal(SIGPIPE, SIG_IGN);
  auto ground = prepare(options, log_sink);
  if (!ground) return ground.error();
  protect_memory(log_sink);
  Daemon daemon(options, std::move(*ground), log_sink);
  const auto opened = daemon.open();
  if (!opened) return opened.error();
  daemon.run();
  return {};
}

}  // namespace lanyard::platform
