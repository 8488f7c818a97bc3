// SPDX-License-Identifier: Apache-2.0
// One full example of every message, for the tests of this room.
#pragma once

#include <vector>

#include "core/control/messages.h"

namespace lanyard::control::samples {

inline std::vector<Request> requests() {
  return {CreateNetwork{"lab", "10.9.0.0/16", "10.9.0.1", "lan0", 1400, "alice"},
          NetworkUp{"lab", "lan0", 1300},
          NetworkDown{"lab"},
          LeaveNetwork{"lab"},
          JoinNetwork{"LANYARD1QQQ", "bob", "lan1"},
          CreateInvite{"lab", 3600, 20, "bob", "10.9.0.2"},
          ListInvites{"lab"},
          RevokeInvite{"lab", "0badcafe"},
          GetStatus{},
          Ping{"lab", "bob", 5, 200, 900},
          GetVersion{},
          GetDiagnosis{},
          GetNetcheck{},
          Why{"lab", "bob"}};
}

inline Status status() {
  MemberStatus alice;
  alice.id = "a1b2";
  alice.name = "alice";
  alice.addresses = {"10.77.3.12", "fd12::1"};
  alice.mac = "02:00:00:00:00:01";
  alice.self = true;
  alice.online = true;
  MemberStatus bob;
  bob.id = "b2c3";
  bob.name = "bob";
  bob.addresses = {"10.77.4.1"};
  bob.mac = "02:00:00:00:00:02";
  bob.online = true;
  bob.path = PathKind::direct;
  bob.endpoint = "20.0.2.2:41000";
  bob.rtt_seconds = 0.0125;
  bob.loss_ratio = 0.25;
  bob.cipher = "AES-256-GCM";
  bob.rx_bytes = 18446744073709551615u;
  bob.tx_bytes = 42;
  bob.last_seen = 1790000000;
  bob.reason = "a sentence";
  bob.reason_code = "direct";
  NetworkStatus network;
  network.id = "00ff";
  network.name = "lab";
  network.state = NetworkState::up;
  network.error = "";
  network.interface = "lanyard0";
  network.mtu = 1420;
  network.addresses = {"10.77.3.12/16", "fd12::1/64"};
  network.mac = "02:00:00:00:00:01";
  network.offloads = {"vnet", "checksum", "tso"};
  network.admin = true;
  network.members = {alice, bob};
  Status status;
  status.version = "0.1.0";
  status.uptime_seconds = 61;
  status.port = 41234;
  status.nat = "unknown";
  status.dht.mode = "public";
  status.dht.nodes = 87;
  status.dht.answered_lately = 61;
  status.dht.ipv4 = {"5fbf", 54, 40, "20.0.1.1:41234", "one-port", false};
  status.dht.ipv6 = {"1b03", 33, 21, std::nullopt, "unknown", true};
  status.dht.traffic = {1, 2, 3, 4, 5, 6, 7, 8};
  status.outside_addresses = {"20.0.1.1:41234"};
  status.port_mapping = {"on", "pcp", "20.0.1.1:41234", 3600, ""};
  status.dropped = {{"unknown_session", 3}};
  status.workers = 2;
  status.data_path.aes_256_gcm_backend = "ipsec-mb";
  status.data_path.chacha20_poly1305_backend = "libsodium";
  status.data_path.udp_segmentation_offload = true;
  status.data_path.receive_buffer_bytes = 4194304;
  status.data_path.send_buffer_bytes = 212992;
  status.relay = {.on = true, .circuits = 2, .packets = 5, .bytes = 7000};
  status.networks = {network};
  return status;
}

inline std::vector<Reply> replies() {
  return {
      NetworkReply{"00ff", "lab", "lan0", {"10.9.0.1/16", "fd12::1/64"}},
      NetworkReply{"00ff", "lab", "lan0", {}},
      Done{},
      Done{},
      NetworkReply{"00ff", "lab", "lan1", {"10.9.0.2/16"}},
      InviteReply{"LANYARD1QQQ", "0badcafe", "lab", 1790000000, 20},
      InviteList{"lab", {{"0badcafe", "open", 1790000000, 3, {"bob", "carol"}, "x", "10.9.0.9"}}},
      Done{},
      status(),
      PingSummary{5, 4, 0.001, 0.002, 0.003},
      Version{"0.1.0", 1},
      Diagnosis{{{"daemon", CheckState::ok, "it runs", ""},
                 {"udp_send_buffer", CheckState::warning, "it is small", "make it larger"},
                 {"tun_device", CheckState::failure, "it is missing", "load it"}}},
      Netcheck{{41234, 2, true, true},
               "unknown",
               {"20.0.1.1:41234"},
               {"on", "pcp", "20.0.1.1:41234", 3600, ""},
               status().dht,
               {{"dht", CheckState::ok, "it is there", ""}}},
      PathReport{
          "bob",
          PathKind::relay,
          "carol",
          "20.0.2.2:41000",
          {"both_nats_vary", CheckState::warning, "a sentence", "a remedy"},
          {"port-per-destination", false, true, false},
          PathEnd{"one-port", true, true, true},
          {{"20.0.1.2:41000", "announced", false}, {"192.168.1.2:41000", "remembered", true}},
          {{17, "was called at its 2 addresses"}, {7, "answered at relay carol"}}}};
}

inline std::vector<Notification> notifications() {
  return {Progress{"looking for a member"},
          PingEcho{3, "bob", "10.9.0.2", false, 0.0125, PathKind::relay, "carol", ""},
          PingEcho{4, "bob", "10.9.0.2", true, 0, PathKind::none, "", ""}};
}

}  // namespace lanyard::control::samples
