// SPDX-License-Identifier: Apache-2.0
// The whole service: a node with a system under it. One control thread (the caller's) and one data
// worker; returns when it was told to stop by SIGTERM or SIGINT.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/base/log.h"
#include "core/base/result.h"
#include "core/base/time.h"
#include "core/node/node.h"

namespace lanyard::platform {

struct DaemonOptions {
  std::string state_directory = "/var/lib/lanyard";
  std::string socket_path = "/run/lanyard/control.sock";
  std::uint16_t port = 0;  // UDP; 0: the one of the last run, or else a random one
  node::DhtMode dht_mode = node::DhtMode::public_;
  std::vector<std::string> bootstrap;  // "host:port", looked up at start and until found
  node::Lan lan = node::Lan::on;
  LogLevel log_level = LogLevel::info;
  Duration rekey_after = seconds(120);
  std::string version;
};

// Errors have their remedy in the hint: a second daemon on the state directory or socket, a port
// that is taken, a directory that may not be written.
Result<void> run_daemon(const DaemonOptions& options);

}  // namespace lanyard::platform
