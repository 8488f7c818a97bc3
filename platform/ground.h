// SPDX-License-Identifier: Apache-2.0
// What a daemon stands on: all that it cannot do without, opened in an order in which nothing has
// happened yet when one of them fails.
#pragma once

#include <cstdint>
#include <vector>

#include "core/base/endpoint.h"
#include "core/base/log.h"
#include "core/base/result.h"
#include "core/crypto/aead.h"
#include "core/node/node.h"
#include "platform/daemon.h"
#include "platform/name_lookup.h"
#include "platform/netlink.h"
#include "platform/state_directory.h"
#include "platform/udp_port.h"

namespace lanyard::platform {

struct Bootstrap {
  std::vector<Endpoint> endpoints;
  std::vector<HostAndPort> names;
};

struct Ground {
  StateDirectory state;
  Netlink netlink;
  NetlinkMonitor monitor;
  Bootstrap bootstrap;
  crypto::AeadBackends backends;
};

Result<Ground> prepare(const DaemonOptions& options, LogSink& log_sink);

node::Settings settings_for(const DaemonOptions& options, const Ground& ground);

// A port that was asked for is taken or nothing; the remembered one (0: none) is a wish.
Result<UdpPort> open_port(const DaemonOptions& options,
                          std::uint16_t remembered,
                          LogSink& log_sink);

}  // namespace lanyard::platform
