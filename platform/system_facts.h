// SPDX-License-Identifier: Apache-2.0
// What the system gave the daemon, put together for its node: what it shows as status and judges
// when asked for a diagnosis.
#pragma once

#include <cstddef>
#include <vector>

#include "core/node/system_facts.h"
#include "platform/daemon.h"
#include "platform/devices.h"
#include "platform/offloads.h"
#include "platform/udp_port.h"
#include "platform/unsaved_files.h"

namespace lanyard::platform {

// How many workers a daemon has that was asked for so many (DaemonOptions::workers).
std::size_t worker_count(std::uint32_t asked);

// on: those of a device that are on. One that needs another which is not on is passed over.
std::vector<node::OffloadFact> device_offload_facts(Offloads wanted, Offloads on);
// backends: those in use; of the ciphers that this machine has.
std::vector<node::CipherFact> cipher_facts(std::optional<crypto::AeadBackend> asked,
                                           const crypto::AeadBackends& backends);

// The parts of a daemon that is running.
node::SystemFacts system_facts(const DaemonOptions& options,
                               const crypto::AeadBackends& backends,
                               const UdpPort& port,
                               const Devices& devices,
                               const UnsavedFiles& unsaved);

}  // namespace lanyard::platform
