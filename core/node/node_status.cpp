// SPDX-License-Identifier: Apache-2.0
// What a node tells of itself to whoever asks: status, version and diagnosis. Nothing changes.
#include <algorithm>
#include <utility>

#include "core/crypto/aead_backends.h"
#include "core/node/diagnosis.h"
#include "core/node/netcheck.h"
#include "core/node/node_core.h"

namespace lanyard::node {

namespace {

std::string_view nat_text(dht::MappingKind kind, const Surroundings& surroundings) {
  for (const Surroundings::Seen& outside : surroundings.outside) {
    for (const LocalAddress& local : surroundings.underlay.addresses) {
      if (local.prefix.address == outside.endpoint.address) return "none";
    }
  }
  switch (kind) {
    case dht::MappingKind::endpoint_independent: return "endpoint-independent mapping";
    case dht::MappingKind::address_dependent: return "address-dependent mapping";
    case dht::MappingKind::unknown: break;
  }
  return "unknown";
}

std::string_view mode_text(DhtMode mode) {
  switch (mode) {
    case DhtMode::public_: return "public";
    case DhtMode::private_: return "private";
    case DhtMode::off: break;
  }
  return "off";
}

bool is_on(const OffloadFact& offload) { return offload.state == OffloadState::on; }

control::DataPathStatus data_path_status(const SystemFacts& system) {
  control::DataPathStatus out;
  for (const CipherFact& cipher : system.ciphers) {
    std::optional<std::string>& backend = cipher.aead == crypto::Aead::aes_256_gcm
                                              ? out.aes_256_gcm_backend
                                              : out.chacha20_poly1305_backend;
    backend = crypto::name(cipher.backend);
  }
  out.udp_segmentation_offload = is_on(system.udp_segmentation);
  out.udp_receive_offload = is_on(system.udp_merging);
  out.receive_buffer_bytes = system.receive_buffer_bytes;
  out.send_buffer_bytes = system.send_buffer_bytes;
  return out;
}

std::span<const OffloadFact> offloads_of(const SystemFacts& system, DeviceId device) {
  const auto found = system.device_offloads.find(device);
  if (found == system.device_offloads.end()) return {};
  return found->second;
}

}  // namespace

control::Status Node::Core::status(const Turn& turn) const {
  control::Status out;
  out.version = settings_.version;
  out.uptime_seconds = (turn.now - started_).seconds();
  out.port = surroundings_.port;
  const auto v4 = dht_.status(turn.now, IpFamily::v4);
  out.nat = nat_text(v4 ? v4->mapping : dht::MappingKind::unknown, surroundings_);
  out.dht = dht_status(dht_, turn.now, mode_text(settings_.dht_mode));
  for (const Surroundings::Seen& outside : surroundings_.outside) {
    out.outside_addresses.push_back(outside.endpoint.to_string());
  }
  out.port_mapping = mapping_status(turn.now);
  out.dropped = dropped_;
  out.workers = system_.workers;
  out.data_path = data_path_status(system_);
  out.relay = {.on = settings_.relay == Relay::on,
               .circuits = static_cast<std::uint32_t>(relay_desk_.circuits().size()),
               .packets = relay_desk_.relayed_packets(),
               .bytes = relay_desk_.relayed_bytes()};
  for (const auto& [id, network] : networks_) {
    out.networks.push_back(network->status(turn));
    for (const OffloadFact& offload : offloads_of(system_, network->handles().device)) {
      if (is_on(offload)) out.networks.back().offloads.push_back(offload.name);
    }
  }
  return out;
}

void Node::Core::handle(Turn& turn, RequestId id, const control::GetStatus&) {
  answer(turn, id, control::Reply(status(turn)));
}

void Node::Core::handle(Turn& turn, RequestId id, const control::GetVersion&) {
  answer(turn, id, control::Reply(control::Version{settings_.version, 1}));
}

void Node::Core::handle(Turn& turn, RequestId id, const control::GetDiagnosis&) {
  const control::Status status = this->status(turn);
  Evidence evidence{status, system_, {}, turn.wall};
  for (const auto& [network_id, network] : networks_) {
    evidence.networks.push_back(
        {offloads_of(system_, network->handles().device), network->newest_record()});
  }
  answer(turn, id, control::Reply(control::Diagnosis{diagnose(evidence)}));
}

void Node::Core::handle(Turn& turn, RequestId id, const control::GetNetcheck&) {
  control::Status status = this->status(turn);
  control::Netcheck out;
  out.udp = {.port = status.port,
             .sockets = system_.workers,
             .ipv4 = true,
             .ipv6 = system_.ipv6 == Ipv6::there};
  out.nat = std::move(status.nat);
  out.outside_addresses = std::move(status.outside_addresses);
  out.port_mapping = std::move(status.port_mapping);
  out.dht = std::move(status.dht);
  out.checks = {check_dht(out.dht, seconds(status.uptime_seconds)), check_nat(out)};
  answer(turn, id, control::Reply(std::move(out)));
}

}  // namespace lanyard::node
