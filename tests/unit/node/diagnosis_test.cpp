// SPDX-License-Identifier: Apache-2.0
#include "core/node/diagnosis.h"

#include <algorithm>
#include <set>

#include <doctest/doctest.h>

#include "core/control/findings.h"

namespace lanyard::node {

namespace {

using control::Check;
using control::CheckState;
using control::NetworkState;
using crypto::Aead;
using crypto::AeadBackend;

constexpr UnixTime kNow{1'800'000'000};
constexpr std::uint64_t kMebibyte = 1024 * 1024;

// A daemon with which all is well, an hour and a half after its start, and a network.
struct Patient {
  Patient() {
    control::NetworkStatus network;
    network.name = "home";
    network.state = NetworkState::up;
    network.interface = "lanyard0";
    status.networks = {network};
    status.dht.mode = "public";
    status.dht.nodes = 87;
    status.uptime_seconds = 5400;
    system.workers = 2;
    system.most_workers = 4;
    system.processors = 2;
    system.ciphers = {{Aead::aes_256_gcm, AeadBackend::ipsec_mb, IpsecMb::usable},
                      {Aead::chacha20_poly1305, AeadBackend::libsodium, IpsecMb::usable}};
    system.udp_segmentation = {"udp-gso", "4.18", OffloadState::on};
    system.udp_merging = {"udp-gro", "5.0", OffloadState::on};
    system.receive_buffer_bytes = 4 * kMebibyte;
    system.send_buffer_bytes = 5 * kMebibyte;
    system.wanted_receive_buffer_bytes = 4 * kMebibyte;
    system.wanted_send_buffer_bytes = 2 * kMebibyte;
    system.state_directory = "/var/lib/lanyard";
  }

  control::NetworkStatus& network() { return status.networks.front(); }
  OffloadFact& offload(std::size_t i) { return device.at(i); }

  std::vector<Check> examine() const {
    Evidence evidence{status, system, {}, kNow};
    for (std::size_t i = 0; i < status.networks.size(); ++i) {
      evidence.networks.push_back({device, newest_record});
    }
    return diagnose(evidence);
  }
  // All of this code.
  std::vector<Check> find_all(std::string_view code) const {
    std::vector<Check> checks = examine();
    std::erase_if(checks, [&](const Check& check) { return check.code != code; });
    return checks;
  }
  // The one of this code.
  Check find(std::string_view code) const {
    const std::vector<Check> checks = find_all(code);
    REQUIRE(checks.size() == 1);
    return checks.front();
  }

  control::Status status;
  SystemFacts system;
  std::vector<OffloadFact> device{{"vnet", "2.6.27", OffloadState::on},
                                  {"tso", "2.6.27", OffloadState::on},
                                  {"uso", "6.2", OffloadState::on, OffloadGain::small}};
  UnixTime newest_record{kNow.seconds - 60};
};

void check_is(const Check& check, CheckState state, std::string_view sentence) {
  CHECK(check.state == state);
  CHECK(check.sentence == sentence);
  CHECK(check.remedy.empty() == (state == CheckState::ok));
}

}  // namespace

TEST_CASE("diagnosis: all is well") {
  const std::vector<Check> checks = Patient().examine();
  std::vector<std::string> codes;
  for (const Check& check : checks) {
    CAPTURE(check.sentence);
    CHECK(check.state == CheckState::ok);
    CHECK(check.remedy.empty());
    CHECK(check.sentence.find('{') == std::string::npos);
    codes.push_back(check.code);
  }
  CHECK(codes == std::vector<std::string>{
                     "state_directory", "network", "clock", "dht", "ipv6", "udp_receive_buffer",
                     "udp_send_buffer", "udp_segmentation_offload", "udp_receive_offload",
                     "device_offload", "flow_order", "open_files", "aead_backend", "aead_backend",
                     "workers", "dropped_packets"});
}

TEST_CASE(
    "diagnosis: of every code there is one, but for those that need no daemon, and netcheck's "
    "own") {
  std::set<std::string> missing;
  for (const control::FindingWords& words : control::finding_words()) {
    missing.emplace(words.code);
  }
  for (const Check& check : Patient().examine()) missing.erase(check.code);
  CHECK(missing == std::set<std::string>{"daemon", "nat", "permission", "tun_device", "version"});
}

TEST_CASE("diagnosis: files that are not on disk") {
  Patient patient;
  patient.system.unsaved_files = 2;
  const Check check = patient.find("state_directory");
  check_is(check, CheckState::failure,
           "2 files could not be written to /var/lib/lanyard and will be lost when the daemon "
           "stops");
  CHECK(check.remedy.find("df -h /var/lib/lanyard") != std::string::npos);
}

TEST_CASE("diagnosis: networks in every state") {
  Patient patient;
  check_is(patient.find("network"), CheckState::ok, "home is up on lanyard0");
  patient.network().state = NetworkState::starting;
  check_is(patient.find("network"), CheckState::ok, "home is being brought up");
  patient.network().state = NetworkState::joining;
  check_is(patient.find("network"), CheckState::ok, "home is being joined");
  patient.network().state = NetworkState::down;
  check_is(patient.find("network"), CheckState::ok, "home is down, as was asked");
  patient.network().state = NetworkState::error;
  patient.network().error = "there is no /dev/net/tun";
  check_is(patient.find("network"), CheckState::failure,
           "home does not work: there is no /dev/net/tun");
  CHECK(patient.find("network").remedy == "put that right, then: lanyard up home");
  patient.status.networks.clear();
  CHECK(patient.find_all("network").empty());
}

TEST_CASE("diagnosis: a clock that is behind") {
  Patient patient;
  patient.newest_record = {kNow.seconds + 300};
  CHECK(patient.find("clock").state == CheckState::ok);
  patient.newest_record = {kNow.seconds + 301};
  check_is(patient.find("clock"), CheckState::warning,
           "the clock is 5 minutes behind what members of home signed: this one is wrong, or "
           "theirs");
  patient.newest_record = {kNow.seconds + 3600};
  CHECK(patient.find("clock").sentence.starts_with("the clock is 1 hour behind"));
  patient.newest_record = {kNow.seconds + 400 * 24 * 3600};
  CHECK(patient.find("clock").sentence.starts_with("the clock is 400 days behind"));
  patient.status.networks.clear();
  CHECK(patient.find_all("clock").empty());
}

TEST_CASE("diagnosis: the DHT") {
  Patient patient;
  check_is(patient.find("dht"), CheckState::ok,
           "members can be looked for in the DHT: 87 nodes answered");
  patient.status.dht.nodes = 0;
  check_is(patient.find("dht"), CheckState::warning,
           "no node of the DHT answers: members that moved are not found");
  patient.status.uptime_seconds = 59;
  check_is(patient.find("dht"), CheckState::ok, "the DHT is being entered");
  patient.status.dht.mode = "off";
  CHECK(patient.find("dht").sentence.starts_with("the DHT is off, as was asked"));
}

TEST_CASE("diagnosis: no IPv6") {
  Patient patient;
  patient.system.ipv6 = Ipv6::missing;
  check_is(patient.find("ipv6"), CheckState::warning,
           "this machine has no IPv6: members are reached by IPv4 alone");
}

TEST_CASE("diagnosis: small buffers") {
  Patient patient;
  check_is(patient.find("udp_send_buffer"), CheckState::ok,
           "the send buffers of the UDP sockets hold 5120 KiB");
  patient.system.receive_buffer_bytes = 212'992;
  patient.system.send_buffer_bytes = 2 * kMebibyte - 1;
  const Check receive = patient.find("udp_receive_buffer");
  check_is(receive, CheckState::warning,
           "the receive buffers of the UDP sockets hold 208 KiB instead of 4096 KiB: bursts lose "
           "packets");
  CHECK(receive.remedy.starts_with("sudo sysctl -w net.core.rmem_max=4194304, or give"));
  const Check send = patient.find("udp_send_buffer");
  CHECK(send.state == CheckState::warning);
  CHECK(send.remedy.starts_with("sudo sysctl -w net.core.wmem_max=2097152, or give"));
}

TEST_CASE("diagnosis: UDP without offloads") {
  Patient patient;
  patient.system.udp_segmentation.state = OffloadState::unavailable;
  patient.system.udp_merging.state = OffloadState::unavailable;
  CHECK(patient.find("udp_segmentation_offload").state == CheckState::warning);
  CHECK(patient.find("udp_segmentation_offload").remedy == "Linux 4.18 or newer can do it");
  CHECK(patient.find("udp_receive_offload").state == CheckState::warning);
  CHECK(patient.find("udp_receive_offload").remedy == "Linux 5.0 or newer can do it");
  patient.system.udp_segmentation.state = OffloadState::switched_off;
  patient.system.udp_merging.state = OffloadState::switched_off;
  CHECK(patient.find("udp_segmentation_offload").remedy ==
        "start the daemon without --disable-offload udp-gso");
  CHECK(patient.find("udp_receive_offload").remedy ==
        "start the daemon without --disable-offload udp-gro");
}

TEST_CASE("diagnosis: a device without offloads") {
  Patient patient;
  check_is(patient.find("device_offload"), CheckState::ok,
           "lanyard0 exchanges many packets at once with the kernel");
  patient.offload(2).state = OffloadState::unavailable;
  check_is(patient.find("device_offload"), CheckState::ok,
           "lanyard0 exchanges many packets at once with the kernel, except for uso (Linux 6.2)");
  patient.offload(1).state = OffloadState::unavailable;
  check_is(patient.find("device_offload"), CheckState::warning,
           "lanyard0 is slower than it could be: the kernel does not offer tso (Linux 2.6.27), "
           "uso (Linux 6.2)");
  patient.offload(1).state = OffloadState::switched_off;
  const std::vector<Check> both = patient.find_all("device_offload");
  REQUIRE(both.size() == 2);
  check_is(both[0], CheckState::warning,
           "lanyard0 is slower than it could be: tso was switched off");
  CHECK(both[0].remedy == "start the daemon without --disable-offload tso");
  CHECK(both[1].state == CheckState::ok);
  patient.offload(2).state = OffloadState::switched_off;
  CHECK(patient.find("device_offload").remedy ==
        "start the daemon without --disable-offload tso,uso");
  patient.device.clear();  // not open
  CHECK(patient.find_all("device_offload").empty());
}

TEST_CASE("diagnosis: flows that the kernel spreads by itself") {
  Patient patient;
  check_is(patient.find("flow_order"), CheckState::ok, "the packets of a flow stay in order");
  patient.system.flow_steering = FlowSteering::by_kernel;
  const Check check = patient.find("flow_order");
  CHECK(check.state == CheckState::warning);
  CHECK(check.remedy ==
        "give the daemon the capability CAP_BPF, or CAP_SYS_ADMIN before Linux 5.8");
}

TEST_CASE("diagnosis: few open files") {
  Patient patient;
  patient.system.open_files = 1152;
  patient.system.wanted_open_files = 1152;
  check_is(patient.find("open_files"), CheckState::ok, "the daemon may have 1152 files open");
  patient.system.open_files = 1151;
  const Check check = patient.find("open_files");
  CHECK(check.state == CheckState::warning);
  CHECK(check.remedy ==
        "start it with a higher limit: ulimit -n 1152; as a service: LimitNOFILE=1152");
}

TEST_CASE("diagnosis: what encrypts") {
  Patient patient;
  patient.system.ciphers = {{Aead::aes_256_gcm, AeadBackend::ipsec_mb, IpsecMb::usable}};
  check_is(patient.find("aead_backend"), CheckState::ok,
           "AES-256-GCM is computed by ipsec-mb, the fastest here");
  CipherFact& cipher = patient.system.ciphers.front();
  cipher.backend = AeadBackend::libsodium;
  check_is(patient.find("aead_backend"), CheckState::ok,
           "AES-256-GCM is computed by libsodium, the fastest here");
  cipher.ipsec_mb = IpsecMb::not_for_processor;
  check_is(patient.find("aead_backend"), CheckState::ok,
           "AES-256-GCM is computed by libsodium: for this processor there is nothing faster");
  cipher.ipsec_mb = IpsecMb::not_wanted;
  check_is(patient.find("aead_backend"), CheckState::warning,
           "AES-256-GCM is computed by libsodium, as was asked, although ipsec-mb is there");
  cipher.ipsec_mb = IpsecMb::not_built_in;
  CHECK(patient.find("aead_backend").remedy == "build lanyard where libipsec-mb-dev is installed");
}

TEST_CASE("diagnosis: workers and processors") {
  struct Case {
    std::uint32_t workers;
    std::uint32_t processors;
    CheckState state;
    std::string_view sentence;
  };
  const Case cases[] = {
      {1, 1, CheckState::ok, "packets are carried by 1 worker on 1 processor"},
      {4, 4, CheckState::ok, "packets are carried by 4 workers on 4 processors"},
      {4, 16, CheckState::ok, "packets are carried by 4 workers on 16 processors"},
      {3, 16, CheckState::warning, "packets are carried by only 3 workers on 16 processors"},
      {1, 2, CheckState::warning, "packets are carried by only 1 worker on 2 processors"},
      {4, 2, CheckState::warning, "packets are carried by 4 workers, which share 2 processors"}};
  for (const Case& one : cases) {
    Patient patient;
    patient.system.workers = one.workers;
    patient.system.processors = one.processors;
    check_is(patient.find("workers"), one.state, one.sentence);
  }
}

TEST_CASE("diagnosis: packets dropped for lack of room") {
  Patient patient;
  // In the second hour. Other reasons play no part.
  patient.status.dropped = {{"device_congested", 1500}, {"forged", 9000}, {"udp_congested", 500}};
  CHECK(patient.find("dropped_packets").state == CheckState::ok);
  patient.status.dropped.back().second = 501;
  check_is(patient.find("dropped_packets"), CheckState::warning,
           "2001 packets were dropped because buffers were full, in 1 hour (device_congested 1500, "
           "udp_congested 501)");
  for (const char* reason : {"control_queue_full", "output_full", "udp_queue_full"}) {
    patient.status.dropped = {{reason, 2001}};
    CHECK(patient.find("dropped_packets").state == CheckState::warning);
  }
}

}  // namespace lanyard::node
