// SPDX-License-Identifier: Apache-2.0
// Why the data plane drops a frame or datagram, and a counter for each reason. The unit is the
// packet as it would have travelled: a super-frame counts as many times as it has segments, once
// where its header lies, and what is flooded once for each member that it does not reach.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace lanyard::node {

enum class DropReason : std::uint8_t {
  // either way
  runt,               // shorter than an Ethernet header
  unknown_device,     // the device is not in the snapshot (it is being opened or closed)
  spoofed_address,    // a member, or this host, spoke for another member's IP address
  session_exhausted,  // past the last packet of the session's keys
  output_full,  // longer than a whole output, or more to one device than it holds: does not happen
  // from the device
  foreign_source,       // not from the device's own MAC address
  unknown_destination,  // to a unicast MAC address that is no member's
  no_path,              // no session with that member now
  oversized,            // does not fit into one datagram
  malformed_offload,    // the header of a super-frame contradicts the frame
  // from the network
  malformed,        // too short, or an authentic body that makes no sense
  unknown_session,  // no session has this index (nor a handshake that has just ended)
  forged,           // the tag does not verify
  replayed,         // seen before, or older than the window
  unknown_kind,     // a kind of body, or a flag, that this version does not know
  not_verified,     // a frame from a peer whose membership is not verified
  spoofed_source,   // a member used a MAC address that is not its own
  not_for_us,       // a frame to a unicast MAC address that is not ours
  unknown_circuit,  // relayed, but by no circuit that begins at its sender, or what may not be
  relay_quota,      // to be relayed, but its sender has used up its share
};
inline constexpr std::size_t kDropReasons = static_cast<std::size_t>(DropReason::relay_quota) + 1;

// The enumerator's name, as metrics and status show it.
std::string_view to_string(DropReason reason);

using DropCounts = std::array<std::uint64_t, kDropReasons>;  // by DropReason

// Written by one worker, read by any thread.
class DropCounters {
 public:
  void add(DropReason reason, std::uint64_t packets = 1) {
    auto& counter = counters_[static_cast<std::size_t>(reason)];
    counter.store(counter.load(std::memory_order_relaxed) + packets, std::memory_order_relaxed);
  }
  DropCounts read() const;

 private:
  std::array<std::atomic<std::uint64_t>, kDropReasons> counters_{};
};

}  // namespace lanyard::node
