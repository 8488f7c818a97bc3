// SPDX-License-Identifier: Apache-2.0
// What a daemon says of itself, its networks and their members. The JSON form of Status is a
// contract with scripts (schema 1 in json.h): fields are only ever added.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace lanyard::control {

enum class PathKind : std::uint8_t { none, direct, lan, relay };
enum class NetworkState : std::uint8_t { down, starting, joining, up, error };

struct MemberStatus {
  std::string id;
  std::string name;
  std::vector<std::string> addresses;
  std::string mac;
  bool self = false;
  bool online = false;
  PathKind path = PathKind::none;
  std::string via;       // name of the relaying member, or empty
  std::string endpoint;  // underlay address in use, or empty
  std::optional<double> rtt_seconds;
  double loss_ratio = 0;
  std::string cipher;
  std::uint64_t rx_bytes = 0;
  std::uint64_t tx_bytes = 0;
  std::int64_t last_seen = 0;  // unix seconds, 0: never
  std::string reason;          // one sentence when not reachable or not direct, else empty
  std::string reason_code;     // of path_reasons.h; empty for the machine itself
};

struct NetworkStatus {
  std::string id;
  std::string name;
  NetworkState state = NetworkState::down;
  std::string error;  // one sentence for state error, else empty
  std::string interface;
  std::uint32_t mtu = 0;
  std::vector<std::string> addresses;  // with prefix length, IPv4 first
  std::string mac;
  std::vector<std::string> offloads;  // of the device, that are on
  bool admin = false;
  std::vector<MemberStatus> members;  // self first, then by name
};

// How the daemon carries packets.
struct DataPathStatus {
  // The library that computes each cipher; absent where the machine lacks the cipher.
  std::optional<std::string> aes_256_gcm_backend;
  std::optional<std::string> chacha20_poly1305_backend;
  bool udp_segmentation_offload = false;
  bool udp_receive_offload = false;
  std::uint64_t receive_buffer_bytes = 0;  // the smallest of the UDP sockets
  std::uint64_t send_buffer_bytes = 0;
};

// What the router in front of us forwards to our port.
struct PortMappingStatus {
  std::string mode = "off";             // on, off
  std::optional<std::string> protocol;  // pcp, nat-pmp, upnp; absent without a mapping
  std::optional<std::string> outside;   // as the router says
  std::int64_t lifetime_seconds = 0;    // that are left
  std::string problem;                  // no_router, no_answer, refused, double_nat; empty: none
};

// How the daemon stands in the DHT of one address family.
struct DhtFamilyStatus {
  std::string id;                      // its own there, hexadecimal
  std::uint32_t nodes = 0;             // that are not known to be gone
  std::uint32_t answered_lately = 0;   // of these, within the last 15 minutes
  std::optional<std::string> outside;  // the endpoint that several nodes see it at
  std::string mapping = "unknown";     // one-port, port-per-destination, unknown
  bool read_only = true;               // strangers cannot reach it, so it answers no queries
};

// Since the daemon's start. Bytes are those of UDP payload.
struct DhtTraffic {
  std::uint64_t datagrams_received = 0;
  std::uint64_t bytes_received = 0;
  std::uint64_t datagrams_sent = 0;
  std::uint64_t bytes_sent = 0;
  std::uint64_t queries_received = 0;
  std::uint64_t queries_sent = 0;
  std::uint64_t answers_received = 0;
  std::uint64_t answers_sent = 0;
};

struct DhtStatus {
  std::string mode;                   // public, private, off
  std::uint32_t nodes = 0;            // of both families
  std::uint32_t answered_lately = 0;  // the same
  std::optional<DhtFamilyStatus> ipv4;
  std::optional<DhtFamilyStatus> ipv6;
  DhtTraffic traffic;
};

// What this machine carries between others.
struct RelayStatus {
  bool on = false;
  std::uint32_t circuits = 0;
  std::uint64_t packets = 0;  // since the daemon's start
  std::uint64_t bytes = 0;
};

struct Status {
  std::string version;
  std::int64_t uptime_seconds = 0;
  std::uint16_t port = 0;
  std::string nat = "unknown";
  DhtStatus dht;
  std::vector<std::string> outside_addresses;
  PortMappingStatus port_mapping;
  std::vector<std::pair<std::string, std::uint64_t>>
      dropped;  // reason, packets; only what is not 0
  std::uint32_t workers = 0;
  DataPathStatus data_path;
  RelayStatus relay;
  std::vector<NetworkStatus> networks;
};

}  // namespace lanyard::control
