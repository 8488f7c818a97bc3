// SPDX-License-Identifier: Apache-2.0
// The JSON that scripts read. A change here that is not an addition breaks them.
#include <doctest/doctest.h>

#include "core/control/json.h"
#include "tests/unit/control/samples.h"

namespace lanyard::control {
namespace {

// The samples' state of the DHT, in a status and in a netcheck.
#define DHT                                                                             \
  R"({"mode":"public","nodes":87,"answered_lately":61,"ipv4":{"id":"5fbf","nodes":54,)" \
  R"("answered_lately":40,"outside":"20.0.1.1:41234","mapping":"one-port",)"            \
  R"("read_only":false},"ipv6":{"id":"1b03","nodes":33,"answered_lately":21,)"          \
  R"("outside":null,"mapping":"unknown","read_only":true},"traffic":{)"                 \
  R"("datagrams_received":1,"bytes_received":2,"datagrams_sent":3,"bytes_sent":4,)"     \
  R"("queries_received":5,"queries_sent":6,"answers_received":7,"answers_sent":8}})"

TEST_CASE("status, schema 1") {
  CHECK(
      to_json(samples::status()) ==
      R"({"schema":1,"daemon":{"version":"0.1.0","uptime_seconds":61,"port":41234,)"
      R"("nat":"unknown","dht":)" DHT R"(,)"
      R"("outside_addresses":["20.0.1.1:41234"],"port_mapping":{"mode":"on","protocol":"pcp",)"
      R"("outside":"20.0.1.1:41234","lifetime_seconds":3600,"problem":""},"dropped":{"unknown_session":3},"workers":2,)"
      R"("data_path":{"aead_backends":{"AES-256-GCM":"ipsec-mb",)"
      R"("ChaCha20-Poly1305":"libsodium"},"udp_segmentation_offload":true,)"
      R"("udp_receive_offload":false,)"
      R"("socket_buffer_bytes":{"receive":4194304,"send":212992}},)"
      R"("relay":{"on":true,"circuits":2,"packets":5,"bytes":7000}},)"
      R"("networks":[{"id":"00ff","name":"lab","state":"up","error":"","interface":"lanyard0",)"
      R"("mtu":1420,"addresses":["10.77.3.12/16","fd12::1/64"],"mac":"02:00:00:00:00:01",)"
      R"("offloads":["vnet","checksum","tso"],"admin":true,"members":[)"
      R"({"id":"a1b2","name":"alice","addresses":["10.77.3.12","fd12::1"],)"
      R"("mac":"02:00:00:00:00:01","self":true,"online":true,"path":"none","via":"",)"
      R"("endpoint":"","rtt_seconds":null,"loss_ratio":0.0,"cipher":"","rx_bytes":0,)"
      R"("tx_bytes":0,"last_seen":0,"reason":"","reason_code":""},)"
      R"({"id":"b2c3","name":"bob","addresses":["10.77.4.1"],"mac":"02:00:00:00:00:02",)"
      R"("self":false,"online":true,"path":"direct","via":"","endpoint":"20.0.2.2:41000",)"
      R"("rtt_seconds":0.0125,"loss_ratio":0.25,"cipher":"AES-256-GCM",)"
      R"("rx_bytes":18446744073709551615,"tx_bytes":42,"last_seen":1790000000,)"
      R"("reason":"a sentence","reason_code":"direct"}]}]})");
}

TEST_CASE("a cipher that the machine lacks has no back end") {
  Status status;
  status.data_path.chacha20_poly1305_backend = "libsodium";
  const std::string json = to_json(status);
  CHECK(json.find(R"("aead_backends":{"ChaCha20-Poly1305":"libsodium"})") != std::string::npos);
}

TEST_CASE("a path's report, schema 1") {
  CHECK(to_json(samples::replies()[13]) ==
        R"({"schema":1,"peer":"bob","path":"relay","via":"carol","endpoint":"20.0.2.2:41000",)"
        R"("verdict":{"code":"both_nats_vary","state":"warning","sentence":"a sentence",)"
        R"("remedy":"a remedy"},"ours":{"mapping":"port-per-destination","mapped":false,)"
        R"("ipv4":true,"ipv6":false},"theirs":{"mapping":"one-port","mapped":true,"ipv4":true,)"
        R"("ipv6":true},"candidates":[{"endpoint":"20.0.1.2:41000","source":"announced",)"
        R"("in_use":false},{"endpoint":"192.168.1.2:41000","source":"remembered",)"
        R"("in_use":true}],"events":[{"seconds_ago":17,"text":"was called at its 2 addresses"},)"
        R"({"seconds_ago":7,"text":"answered at relay carol"}]})");
}

TEST_CASE("a diagnosis") {
  CHECK(to_json(samples::replies()[11]) ==
        R"({"checks":[{"code":"daemon","state":"ok","sentence":"it runs","remedy":""},)"
        R"({"code":"udp_send_buffer","state":"warning","sentence":"it is small",)"
        R"("remedy":"make it larger"},)"
        R"({"code":"tun_device","state":"failure","sentence":"it is missing",)"
        R"("remedy":"load it"}]})");
}

TEST_CASE("a netcheck") {
  CHECK(to_json(samples::replies()[12]) ==
        R"({"schema":1,"udp":{"port":41234,"sockets":2,"ipv4":true,"ipv6":true},)"
        R"("nat":"unknown","outside_addresses":["20.0.1.1:41234"],"port_mapping":{"mode":"on",)"
        R"("protocol":"pcp","outside":"20.0.1.1:41234","lifetime_seconds":3600,"problem":""},)"
        R"("dht":)" DHT R"(,"checks":[)"
        R"({"code":"dht","state":"ok","sentence":"it is there","remedy":""}]})");
}

TEST_CASE("a family that the DHT does without is not there") {
  Status status;
  status.dht.mode = "off";
  CHECK(to_json(status).find(R"("dht":{"mode":"off","nodes":0,"answered_lately":0,"traffic":{)") !=
        std::string::npos);
}

TEST_CASE("an error") {
  CHECK(error_to_json("daemon_not_running",
                      make_error(Errc::failure, "it is not there", "start it")) ==
        R"({"error":{"code":"daemon_not_running","message":"it is not there","hint":"start it"}})");
}

TEST_CASE("an invite and an echo") {
  CHECK(
      to_json(samples::replies()[5]) ==
      R"({"token":"LANYARD1QQQ","id":"0badcafe","network":"lab","expires":1790000000,"uses":20})");
  CHECK(to_json(samples::notifications()[1]) ==
        R"({"sequence":3,"peer":"bob","address":"10.9.0.2","lost":false,"rtt_seconds":0.0125,)"
        R"("path":"relay","via":"carol","endpoint":""})");
}

TEST_CASE("a status of 1000 members fits a line") {
  Status status = samples::status();
  MemberStatus member = status.networks[0].members[1];
  member.name = std::string(63, 'n');
  member.id = std::string(32, 'f');
  member.reason = std::string(160, 'r');
  member.addresses = {"10.255.255.255", "fd12:3456:789a:bcde:1111:2222:3333:4444"};
  status.networks[0].members.assign(1000, member);
  CHECK(encode_reply({"1"}, status).size() <= kMaxReplyBytes);
}

}  // namespace
}  // namespace lanyard::control
