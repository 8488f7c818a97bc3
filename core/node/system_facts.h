// SPDX-License-Identifier: Apache-2.0
// What a node cannot know by itself: what the system under it gave its owner, and with which
// settings. `status` shows it, and `doctor` says what it means (diagnosis.h).
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "core/crypto/aead.h"
#include "core/node/device_id.h"

namespace lanyard::node {

enum class OffloadState : std::uint8_t {
  on,
  unavailable,   // wanted, but the kernel does not have it or refuses it here
  switched_off,  // by the daemon's settings
};

// What is lost without it: for most uses nearly nothing, or much.
enum class OffloadGain : std::uint8_t { small, large };

struct OffloadFact {
  std::string name;   // as settings call it: "tso"
  std::string since;  // the first Linux that has it: "6.2"
  OffloadState state = OffloadState::unavailable;
  OffloadGain gain = OffloadGain::large;
};

// Why ipsec-mb computes a cipher here, or does not.
enum class IpsecMb : std::uint8_t {
  usable,             // it was measured: where it is not in use, it was not the fastest
  not_wanted,         // it is there, but the settings name another
  not_built_in,       // this build has none, and the processor is of a kind that it is for
  not_for_processor,  // the processor lacks what it needs
};

struct CipherFact {
  crypto::Aead aead = crypto::Aead::chacha20_poly1305;
  crypto::AeadBackend backend = crypto::AeadBackend::libsodium;  // in use
  IpsecMb ipsec_mb = IpsecMb::usable;
};

enum class Ipv6 : std::uint8_t { missing, there };

// Who decides which of a device's queues a frame waits in: a rule of ours, by which a flow keeps
// its queue and its order, or the kernel alone.
enum class FlowSteering : std::uint8_t { by_rule, by_kernel };

struct SystemFacts {
  std::uint32_t workers = 1;
  std::uint32_t most_workers = 1;   // that a daemon has, however many processors there are
  std::uint32_t processors = 1;     // that the daemon may run on
  std::vector<CipherFact> ciphers;  // those that this machine has

  Ipv6 ipv6 = Ipv6::there;  // among the UDP sockets
  OffloadFact udp_segmentation;
  OffloadFact udp_merging;
  // The smallest of all UDP sockets, and what was asked for.
  std::uint64_t receive_buffer_bytes = 0;
  std::uint64_t send_buffer_bytes = 0;
  std::uint64_t wanted_receive_buffer_bytes = 0;
  std::uint64_t wanted_send_buffer_bytes = 0;

  std::map<DeviceId, std::vector<OffloadFact>> device_offloads;  // of each open device
  FlowSteering flow_steering = FlowSteering::by_rule;            // of the worst of them

  // How many the daemon may have, and needs for many networks: their devices have many queues.
  std::uint64_t open_files = 0;
  std::uint64_t wanted_open_files = 0;

  std::string state_directory;
  std::uint32_t unsaved_files = 0;  // that could not be written, and are tried again
};

}  // namespace lanyard::node
