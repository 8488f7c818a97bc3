// SPDX-License-Identifier: Apache-2.0
// The fields of a status, schema 1: scripts rely on them, so they are only ever added to. How a
// struct lists its fields is told in json_shapes.h.
// Private to this room.
#pragma once

#include "core/control/json_io.h"
#include "core/control/names.h"
#include "core/control/status.h"

namespace lanyard::control {

// What JsonReader::word() looks words up by; the second parameter only picks the enum.
inline auto named(std::string_view word, PathKind) { return path_named(word); }
inline auto named(std::string_view word, NetworkState) { return network_state_named(word); }
inline auto named(std::string_view word, CheckState) { return check_state_named(word); }

template <typename Io, typename T>
using Of = typename Io::template Of<T>;

template <typename Io>
void describe(Io& io, Of<Io, MemberStatus>& member) {
  io.optional("id", member.id);
  io.optional("name", member.name);
  io.optional("addresses", member.addresses);
  io.optional("mac", member.mac);
  io.optional("self", member.self);
  io.optional("online", member.online);
  io.word("path", member.path);
  io.optional("via", member.via);
  io.optional("endpoint", member.endpoint);
  io.nullable("rtt_seconds", member.rtt_seconds);
  io.optional("loss_ratio", member.loss_ratio);
  io.optional("cipher", member.cipher);
  io.optional("rx_bytes", member.rx_bytes);
  io.optional("tx_bytes", member.tx_bytes);
  io.optional("last_seen", member.last_seen);
  io.optional("reason", member.reason);
  io.optional("reason_code", member.reason_code);
}

template <typename Io>
void describe(Io& io, Of<Io, NetworkStatus>& network) {
  io.optional("id", network.id);
  io.optional("name", network.name);
  io.word("state", network.state);
  io.optional("error", network.error);
  io.optional("interface", network.interface);
  io.optional("mtu", network.mtu);
  io.optional("addresses", network.addresses);
  io.optional("mac", network.mac);
  io.optional("offloads", network.offloads);
  io.optional("admin", network.admin);
  io.optional("members", network.members);
}

// The keys are the ciphers' names.
template <typename Io>
void describe(Io& io, Of<Io, DataPathStatus>& path) {
  io.object("aead_backends", [&path](auto& backends) {
    backends.optional("AES-256-GCM", path.aes_256_gcm_backend);
    backends.optional("ChaCha20-Poly1305", path.chacha20_poly1305_backend);
  });
  io.optional("udp_segmentation_offload", path.udp_segmentation_offload);
  io.optional("udp_receive_offload", path.udp_receive_offload);
  io.object("socket_buffer_bytes", [&path](auto& bytes) {
    bytes.optional("receive", path.receive_buffer_bytes);
    bytes.optional("send", path.send_buffer_bytes);
  });
}

template <typename Io>
void describe(Io& io, Of<Io, PortMappingStatus>& mapping) {
  io.optional("mode", mapping.mode);
  io.optional("protocol", mapping.protocol);
  io.optional("outside", mapping.outside);
  io.optional("lifetime_seconds", mapping.lifetime_seconds);
  io.optional("problem", mapping.problem);
}

template <typename Io>
void describe(Io& io, Of<Io, DhtFamilyStatus>& family) {
  io.optional("id", family.id);
  io.optional("nodes", family.nodes);
  io.optional("answered_lately", family.answered_lately);
  io.nullable("outside", family.outside);
  io.optional("mapping", family.mapping);
  io.optional("read_only", family.read_only);
}

template <typename Io>
void describe(Io& io, Of<Io, DhtTraffic>& traffic) {
  io.optional("datagrams_received", traffic.datagrams_received);
  io.optional("bytes_received", traffic.bytes_received);
  io.optional("datagrams_sent", traffic.datagrams_sent);
  io.optional("bytes_sent", traffic.bytes_sent);
  io.optional("queries_received", traffic.queries_received);
  io.optional("queries_sent", traffic.queries_sent);
  io.optional("answers_received", traffic.answers_received);
  io.optional("answers_sent", traffic.answers_sent);
}

template <typename Io>
void describe(Io& io, Of<Io, DhtStatus>& dht) {
  io.optional("mode", dht.mode);
  io.optional("nodes", dht.nodes);
  io.optional("answered_lately", dht.answered_lately);
  io.optional("ipv4", dht.ipv4);
  io.optional("ipv6", dht.ipv6);
  io.optional("traffic", dht.traffic);
}

template <typename Io>
void describe(Io& io, Of<Io, Status>& status) {
  io.schema(1);
  io.object("daemon", [&status](auto& daemon) {
    daemon.optional("version", status.version);
    daemon.optional("uptime_seconds", status.uptime_seconds);
    daemon.optional("port", status.port);
    daemon.optional("nat", status.nat);
    daemon.optional("dht", status.dht);
    daemon.optional("outside_addresses", status.outside_addresses);
    daemon.optional("port_mapping", status.port_mapping);
    daemon.counters("dropped", status.dropped);
    daemon.optional("workers", status.workers);
    daemon.optional("data_path", status.data_path);
    daemon.object("relay", [&status](auto& relay) {
      relay.optional("on", status.relay.on);
      relay.optional("circuits", status.relay.circuits);
      relay.optional("packets", status.relay.packets);
      relay.optional("bytes", status.relay.bytes);
    });
  });
  io.optional("networks", status.networks);
}

}  // namespace lanyard::control
