// SPDX-License-Identifier: Apache-2.0
#include "core/node/diagnosis.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "core/control/findings.h"
#include "core/crypto/aead_backends.h"
#include "core/node/netcheck.h"

namespace lanyard::node {

namespace {

using control::Check;
using control::Finding;
using control::make_check;
using control::NetworkState;
using control::NetworkStatus;
using Checks = std::vector<Check>;

// What the rest of Lanyard puts up with; beyond it invites are refused (protocol.md section 6).
constexpr Duration kClockSlack = minutes(5);
// TCP finds the limit of a path by losing a packet now and then: that much is health.
constexpr std::uint64_t kHealthyDropsAnHour = 1000;
// Why packets are dropped when some buffer is full.
constexpr std::array<std::string_view, 6> kLackOfRoom{"control_queue_full", "device_congested",
                                                      "device_queue_full",  "output_full",
                                                      "udp_congested",      "udp_queue_full"};

std::string count_of(std::uint64_t count, std::string_view singular) {
  return std::to_string(count) + " " + std::string(singular) + (count == 1 ? "" : "s");
}

// The largest unit that fits, rounded down.
std::string span_text(Duration span) {
  const std::int64_t hours = span.seconds() / 3600;
  if (hours >= 48) return count_of(static_cast<std::uint64_t>(hours / 24), "day");
  if (hours >= 1) return count_of(static_cast<std::uint64_t>(hours), "hour");
  return count_of(static_cast<std::uint64_t>(span.seconds() / 60), "minute");
}

std::string kibibytes(std::uint64_t bytes) { return std::to_string(bytes / 1024) + " KiB"; }

std::string joined(const std::vector<std::string>& words, std::string_view separator) {
  std::string out;
  for (const std::string& word : words) {
    if (!out.empty()) out += separator;
    out += word;
  }
  return out;
}

Check check_state_directory(const SystemFacts& system) {
  if (system.unsaved_files == 0) return make_check(Finding::state_saved, {system.state_directory});
  return make_check(Finding::state_unsaved,
                    {system.state_directory, count_of(system.unsaved_files, "file")});
}

Check check_network(const NetworkStatus& network) {
  switch (network.state) {
    case NetworkState::up:
      return make_check(Finding::network_up, {network.name, network.interface});
    case NetworkState::starting:
      return make_check(Finding::network_starting, {network.name, "being brought up"});
    case NetworkState::joining:
      return make_check(Finding::network_starting, {network.name, "being joined"});
    case NetworkState::down: return make_check(Finding::network_down, {network.name});
    case NetworkState::error: break;
  }
  return make_check(Finding::network_failed, {network.name, network.error});
}

// Nothing is known of the clock where nobody has signed anything.
void check_clock(const Evidence& evidence, Checks& out) {
  const NetworkStatus* newest = nullptr;
  UnixTime time;
  for (std::size_t i = 0; i < evidence.networks.size(); ++i) {
    if (newest != nullptr && evidence.networks[i].newest_record <= time) continue;
    newest = &evidence.status.networks[i];
    time = evidence.networks[i].newest_record;
  }
  if (newest == nullptr) return;
  const Duration behind = seconds(time.seconds - evidence.wall.seconds);
  out.push_back(behind > kClockSlack
                    ? make_check(Finding::clock_behind, {span_text(behind), newest->name})
                    : make_check(Finding::clock_plausible));
}

Check check_buffer(std::uint64_t bytes, std::uint64_t wanted, Finding large, Finding small) {
  if (bytes >= wanted) return make_check(large, {kibibytes(bytes)});
  return make_check(small, {kibibytes(bytes), kibibytes(wanted), std::to_string(wanted)});
}

struct UdpOffloadFindings {
  Finding on;
  Finding unavailable;
  Finding off;
};

Check check_udp_offload(const OffloadFact& offload, const UdpOffloadFindings& findings) {
  switch (offload.state) {
    case OffloadState::on: return make_check(findings.on);
    case OffloadState::unavailable: return make_check(findings.unavailable, {offload.since});
    case OffloadState::switched_off: break;
  }
  return make_check(findings.off, {offload.name});
}

void check_device(const std::string& device, std::span<const OffloadFact> offloads, Checks& out) {
  if (offloads.empty()) return;
  std::vector<std::string> unavailable;
  std::vector<std::string> switched_off;
  bool is_slower = false;
  for (const OffloadFact& offload : offloads) {
    if (offload.state == OffloadState::switched_off) switched_off.push_back(offload.name);
    if (offload.state != OffloadState::unavailable) continue;
    unavailable.push_back(offload.name + " (Linux " + offload.since + ")");
    is_slower = is_slower || offload.gain == OffloadGain::large;
  }
  if (!switched_off.empty()) {
    out.push_back(make_check(Finding::device_offloads_off, {device, joined(switched_off, ",")}));
  }
  if (unavailable.empty() && switched_off.empty()) {
    out.push_back(make_check(Finding::device_offloads_on, {device}));
  }
  if (unavailable.empty()) return;
  out.push_back(make_check(
      is_slower ? Finding::device_offloads_unavailable : Finding::device_offloads_nearly_on,
      {device, joined(unavailable, ", ")}));
}

Check check_cipher(const CipherFact& cipher) {
  const std::vector<std::string> words{std::string(crypto::name(cipher.aead)),
                                       std::string(crypto::name(cipher.backend))};
  if (cipher.backend == crypto::AeadBackend::ipsec_mb) {
    return make_check(Finding::aead_fastest, words);
  }
  switch (cipher.ipsec_mb) {
    case IpsecMb::usable: break;
    case IpsecMb::not_wanted: return make_check(Finding::aead_not_wanted, words);
    case IpsecMb::not_built_in: return make_check(Finding::aead_not_built_in, words);
    case IpsecMb::not_for_processor: return make_check(Finding::aead_nothing_faster, words);
  }
  return make_check(Finding::aead_fastest, words);
}

Check check_workers(const SystemFacts& system) {
  const std::vector<std::string> words{count_of(system.workers, "worker"),
                                       count_of(system.processors, "processor")};
  if (system.workers > system.processors) return make_check(Finding::workers_many, words);
  const bool is_few = system.workers < std::min(system.processors, system.most_workers);
  return make_check(is_few ? Finding::workers_few : Finding::workers_fit, words);
}

Check check_open_files(const SystemFacts& system) {
  const bool is_enough = system.open_files >= system.wanted_open_files;
  if (is_enough) return make_check(Finding::open_files_many, {std::to_string(system.open_files)});
  return make_check(Finding::open_files_few,
                    {std::to_string(system.open_files), std::to_string(system.wanted_open_files)});
}

Check check_room(const control::Status& status) {
  std::uint64_t packets = 0;
  std::vector<std::string> reasons;
  for (const auto& [reason, count] : status.dropped) {
    if (std::find(kLackOfRoom.begin(), kLackOfRoom.end(), reason) == kLackOfRoom.end()) continue;
    packets += count;
    reasons.push_back(reason + " " + std::to_string(count));
  }
  const Duration uptime = seconds(status.uptime_seconds);
  const auto hours_begun = static_cast<std::uint64_t>(uptime.seconds() / 3600 + 1);
  if (packets <= kHealthyDropsAnHour * hours_begun) return make_check(Finding::room_enough);
  return make_check(Finding::room_lacking,
                    {std::to_string(packets), span_text(uptime), joined(reasons, ", ")});
}

}  // namespace

std::vector<Check> diagnose(const Evidence& evidence) {
  const control::Status& status = evidence.status;
  const SystemFacts& system = evidence.system;
  Checks out;
  out.push_back(check_state_directory(system));
  for (const NetworkStatus& network : status.networks) out.push_back(check_network(network));
  check_clock(evidence, out);
  out.push_back(check_dht(status.dht, seconds(status.uptime_seconds)));
  out.push_back(
      make_check(system.ipv6 == Ipv6::there ? Finding::ipv6_there : Finding::ipv6_missing));
  out.push_back(check_buffer(system.receive_buffer_bytes, system.wanted_receive_buffer_bytes,
                             Finding::receive_buffer_large, Finding::receive_buffer_small));
  out.push_back(check_buffer(system.send_buffer_bytes, system.wanted_send_buffer_bytes,
                             Finding::send_buffer_large, Finding::send_buffer_small));
  out.push_back(check_udp_offload(
      system.udp_segmentation, {Finding::udp_segmentation_on, Finding::udp_segmentation_unavailable,
                                Finding::udp_segmentation_off}));
  out.push_back(check_udp_offload(
      system.udp_merging,
      {Finding::udp_merging_on, Finding::udp_merging_unavailable, Finding::udp_merging_off}));
  for (std::size_t i = 0; i < evidence.networks.size(); ++i) {
    check_device(status.networks[i].interface, evidence.networks[i].offloads, out);
  }
  out.push_back(make_check(system.flow_steering == FlowSteering::by_rule
                               ? Finding::flows_steered
                               : Finding::flows_unsteered));
  out.push_back(check_open_files(system));
  for (const CipherFact& cipher : system.ciphers) out.push_back(check_cipher(cipher));
  out.push_back(check_workers(system));
  out.push_back(check_room(status));
  return out;
}

}  // namespace lanyard::node
