// SPDX-License-Identifier: Apache-2.0
// All that `doctor` can find, with its words: one table, whoever does the looking. The codes in it
// are a contract with scripts: never changed, only added to. lanyard(1) tells what each is about.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/control/check.h"

namespace lanyard::control {

// Behind each, what {0}, {1}, ... of its words stand for.
enum class Finding : std::uint8_t {
  daemon_running,
  daemon_not_running,
  version_same,     // version
  version_differs,  // the program's, the daemon's
  tun_there,
  tun_missing,
  devices_allowed,
  devices_not_allowed,
  state_saved,       // directory
  state_unsaved,     // directory, "2 files"
  network_up,        // network, device
  network_starting,  // network, state
  network_down,      // network
  network_failed,    // network, why
  clock_plausible,
  clock_behind,   // "3 days", network
  dht_connected,  // "87 nodes"
  dht_starting,
  dht_off,
  dht_alone,
  dht_unreachable,
  nat_none,
  nat_mapped,  // "198.51.100.9:4001"
  nat_open,
  nat_one_port,
  nat_port_per_destination,  // "4001"
  nat_unknown,
  ipv6_there,
  ipv6_missing,
  receive_buffer_large,  // "4096 KiB"
  receive_buffer_small,  // "208 KiB", "4096 KiB", the latter in bytes
  send_buffer_large,     // the same
  send_buffer_small,
  udp_segmentation_on,
  udp_segmentation_unavailable,  // first kernel
  udp_segmentation_off,          // offload's name
  udp_merging_on,
  udp_merging_unavailable,      // first kernel
  udp_merging_off,              // offload's name
  device_offloads_on,           // device
  device_offloads_nearly_on,    // device, "uso since Linux 6.2"
  device_offloads_unavailable,  // device, the same
  device_offloads_off,          // device, "tso,uso"
  flows_steered,
  flows_unsteered,
  open_files_many,      // "524288"
  open_files_few,       // "256", "1152"
  aead_fastest,         // cipher, back end
  aead_nothing_faster,  // cipher, back end
  aead_not_wanted,      // cipher, back end
  aead_not_built_in,    // cipher, back end
  workers_fit,          // "2 workers", "2 processors"
  workers_few,          // the same
  workers_many,         // the same
  room_enough,
  room_lacking,  // packets, "3 hours", "udp_congested 5, device_congested 7"
};
inline constexpr std::size_t kFindings = static_cast<std::size_t>(Finding::room_lacking) + 1;

// values are put in for {0}, {1}, ...; there are as many as the words of the finding ask for.
Check make_check(Finding finding, const std::vector<std::string>& values = {});

// The table's own words, for tests and documentation.
struct FindingWords {
  Finding finding;
  std::string_view code;
  CheckState state;
  std::string_view sentence;
  std::string_view remedy;
};
const std::array<FindingWords, kFindings>& finding_words();

}  // namespace lanyard::control
