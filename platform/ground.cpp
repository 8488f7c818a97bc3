// SPDX-License-Identifier: Apache-2.0
#include "platform/ground.h"

#include <string>
#include <string_view>
#include <utility>

#include "core/crypto/aead_backends.h"
#include "core/dht/dht.h"
#include "platform/aead_choice.h"
#include "platform/host_name.h"
#include "platform/system_facts.h"

namespace lanyard::platform {
namespace {

Result<Bootstrap> parse_bootstrap(const DaemonOptions& options) {
  std::vector<std::string> texts = options.bootstrap;
  if (texts.empty() && options.dht_mode == node::DhtMode::public_) {
    for (const std::string_view name : dht::bootstrap_names()) texts.emplace_back(name);
  }
  Bootstrap out;
  for (const std::string& text : texts) {
    if (const auto endpoint = Endpoint::parse(text)) {
      out.endpoints.push_back(*endpoint);
      continue;
    }
    auto name = HostAndPort::parse(text);
    if (!name) return name.error();
    out.names.push_back(std::move(*name));
  }
  return out;
}

}  // namespace

Result<Ground> prepare(const DaemonOptions& options, LogSink& log_sink) {
  auto bootstrap = parse_bootstrap(options);
  if (!bootstrap) return bootstrap.error();
  const auto backends = choose_aead_backends(options.aead_backend, log_sink);
  if (!backends) return backends.error();
  auto state = StateDirectory::open(options.state_directory, log_sink);
  if (!state) return state.error();
  auto netlink = Netlink::open();
  if (!netlink) return netlink.error();
  auto monitor = NetlinkMonitor::open();
  if (!monitor) return monitor.error();
  return Ground{std::move(*state), std::move(*netlink), std::move(*monitor), std::move(*bootstrap),
                *backends};
}

node::Settings settings_for(const DaemonOptions& options, const Ground& ground) {
  node::Settings settings;
  settings.version = options.version;
  settings.default_member_name = host_name();
  settings.dht_mode = options.dht_mode;
  settings.bootstrap = ground.bootstrap.endpoints;
  settings.dht_limits = options.dht_limits;
  settings.lan = options.lan;
  settings.port_mappings = options.port_mappings;
  settings.relay = options.relay;
  settings.relay_quota = options.relay_quota;
  settings.rekey_after = options.rekey_after;
  settings.aead_backends = ground.backends;
  return settings;
}

Result<UdpPort> open_port(const DaemonOptions& options,
                          std::uint16_t remembered,
                          LogSink& log_sink) {
  const UdpOptions udp{worker_count(options.workers), options.offloads};
  if (options.port != 0) return UdpPort::open(options.port, udp);
  if (remembered != 0) {
    auto port = UdpPort::open(remembered, udp);
    if (port || port.error().code != Errc::conflict) return port;
    log(log_sink, LogLevel::warning, port.error().message, ": a new one is used");
  }
  return UdpPort::open(0, udp);
}

}  // namespace lanyard::platform
