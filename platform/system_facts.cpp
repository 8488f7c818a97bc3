// SPDX-License-Identifier: Apache-2.0
#include "platform/system_facts.h"

#include <algorithm>
#include <thread>

#include "core/crypto/aead_backends.h"
#include "platform/open_files.h"

namespace lanyard::platform {
namespace {

using crypto::Aead;
using crypto::AeadBackend;
using node::IpsecMb;
using node::OffloadFact;
using node::OffloadState;

#ifdef __x86_64__
constexpr bool kIsForIpsecMb = true;
#else
constexpr bool kIsForIpsecMb = false;
#endif

// That this process may run on.
std::uint32_t processors() { return std::max(1U, std::thread::hardware_concurrency()); }

std::string_view first_kernel(Offload offload) {
  switch (offload) {
    case Offload::vnet:
    case Offload::checksum:
    case Offload::tso: return "2.6.27";
    case Offload::udp_gso: return "4.18";
    case Offload::udp_gro: return "5.0";
    case Offload::uso: return "6.2";
  }
  return {};
}

// More than anybody has, and files, sockets and clients beside them.
constexpr std::uint64_t kWantedNetworks = 16;
constexpr std::uint64_t kOtherFiles = 128;

// Few programs send UDP in super-frames.
node::OffloadGain gain_of(Offload offload) {
  return offload == Offload::uso ? node::OffloadGain::small : node::OffloadGain::large;
}

OffloadFact offload_fact(Offload offload, Offloads wanted, Offloads on) {
  OffloadState state = OffloadState::on;
  if (!wanted.has(offload)) {
    state = OffloadState::switched_off;
  } else if (!on.has(offload)) {
    state = OffloadState::unavailable;
  }
  return {std::string(to_string(offload)), std::string(first_kernel(offload)), state,
          gain_of(offload)};
}

IpsecMb ipsec_mb_for(Aead aead, std::optional<AeadBackend> asked) {
  if (!crypto::is_available(aead, AeadBackend::ipsec_mb)) {
    const bool is_missing = kIsForIpsecMb && !crypto::is_built_in(AeadBackend::ipsec_mb);
    return is_missing ? IpsecMb::not_built_in : IpsecMb::not_for_processor;
  }
  const bool is_wanted = !asked || *asked == AeadBackend::ipsec_mb;
  return is_wanted ? IpsecMb::usable : IpsecMb::not_wanted;
}

}  // namespace

std::size_t worker_count(std::uint32_t asked) {
  return std::min(asked != 0 ? asked : processors(), kMaxWorkers);
}

std::vector<OffloadFact> device_offload_facts(Offloads wanted, Offloads on) {
  std::vector<OffloadFact> out;
  const auto add = [&](Offload offload) { out.push_back(offload_fact(offload, wanted, on)); };
  add(Offload::vnet);
  if (!on.has(Offload::vnet)) return out;
  add(Offload::checksum);
  if (!on.has(Offload::checksum)) return out;
  add(Offload::tso);
  add(Offload::uso);
  return out;
}

std::vector<node::CipherFact> cipher_facts(std::optional<AeadBackend> asked,
                                           const crypto::AeadBackends& backends) {
  std::vector<node::CipherFact> out;
  for (const Aead aead : {Aead::aes_256_gcm, Aead::chacha20_poly1305}) {
    const bool is_here = (crypto::supported_aeads() & static_cast<crypto::AeadMask>(aead)) != 0;
    if (is_here) out.push_back({aead, backends.of(aead), ipsec_mb_for(aead, asked)});
  }
  return out;
}

node::SystemFacts system_facts(const DaemonOptions& options,
                               const crypto::AeadBackends& backends,
                               const UdpPort& port,
                               const Devices& devices,
                               const UnsavedFiles& unsaved) {
  node::SystemFacts out;
  out.workers = static_cast<std::uint32_t>(port.sockets());
  out.most_workers = kMaxWorkers;
  out.processors = processors();
  out.ciphers = cipher_facts(options.aead_backend, backends);
  out.ipv6 = port.has(IpFamily::v6) ? node::Ipv6::there : node::Ipv6::missing;
  out.udp_segmentation = offload_fact(Offload::udp_gso, options.offloads, port.offloads());
  out.udp_merging = offload_fact(Offload::udp_gro, options.offloads, port.offloads());
  out.receive_buffer_bytes = port.buffers().receive_bytes;
  out.send_buffer_bytes = port.buffers().send_bytes;
  out.wanted_receive_buffer_bytes = SocketBuffers::kWantedReceiveBytes;
  out.wanted_send_buffer_bytes = SocketBuffers::kWantedSendBytes;
  for (const auto& [device, on] : devices.offloads()) {
    out.device_offloads.emplace(device, device_offload_facts(options.offloads, on));
  }
  if (devices.steering() == Steering::by_kernel) {
    out.flow_steering = node::FlowSteering::by_kernel;
  }
  out.open_files = open_file_limit();
  out.wanted_open_files = kOtherFiles + kWantedNetworks * port.sockets() * kQueuesPerWorker;
  out.state_directory = options.state_directory;
  out.unsaved_files = static_cast<std::uint32_t>(unsaved.count());
  return out;
}

}  // namespace lanyard::platform
