// SPDX-License-Identifier: Apache-2.0
// The whole service: a node with a system under it. One control thread (the caller's) and a few
// data workers; returns when it was told to stop by SIGTERM or SIGINT.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/base/log.h"
#include "core/base/result.h"
#include "core/base/time.h"
#include "core/crypto/aead.h"
#include "core/node/node.h"
#include "platform/offloads.h"

namespace lanyard::platform {

// More have nothing to do at the speed that the kernel takes packets.
inline constexpr std::uint32_t kMaxWorkers = 4;

struct DaemonOptions {
  std::string state_directory = "/var/lib/lanyard";
  std::string socket_path = "/run/lanyard/control.sock";
  std::uint16_t port = 0;  // UDP; 0: the one of the last run, or else a random one
  node::DhtMode dht_mode = node::DhtMode::public_;
  dht::Limits dht_limits;
  std::vector<std::string> bootstrap;  // "host:port", looked up at start and until found
  node::Lan lan = node::Lan::on;
  node::PortMappings port_mappings = node::PortMappings::off;
  node::Relay relay = node::Relay::on;
  std::int64_t relay_quota = node::RelayDesk::kDefaultQuota;  // bytes a second of each member
  LogLevel log_level = LogLevel::info;
  Duration rekey_after = seconds(120);
  std::uint32_t workers = 0;  // 0: one for each processor; at most kMaxWorkers
  std::optional<crypto::AeadBackend> aead_backend;  // nothing: the fastest that is here
  Offloads offloads;                                // those that are wanted
  std::string version;
};

// Errors have their remedy in the hint: a second daemon on the state directory or socket, a port
// that is taken, a directory that may not be written.
Result<void> run_daemon(const DaemonOptions& options);

}  // namespace lanyard::platform
