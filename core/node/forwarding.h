// SPDX-License-Identifier: Apache-2.0
// Forwarding: all that the workers need to carry frames, as one immutable snapshot. The control
// thread builds a new one whenever a session, path, member or device changes; workers swap it in
// between two batches. It is the only bridge between control plane and data plane.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "core/base/endpoint.h"
#include "core/node/device_id.h"
#include "core/node/relay_meter.h"
#include "core/tunnel/relayed.h"
#include "core/tunnel/session.h"
#include "core/vswitch/tables.h"

namespace lanyard::node {

// The way to one member. Without a session it is unreachable, and frames to it are dropped.
struct PeerPath {
  std::shared_ptr<tunnel::Session> session;
  Endpoint endpoint;                  // where datagrams go: the member's, or its relay's
  tunnel::CircuitNumber circuit = 0;  // at that relay; 0: the path is direct

  // Bytes in front of each datagram.
  std::size_t overhead() const { return circuit == 0 ? 0 : tunnel::kRelayedHeaderSize; }
};

struct DeviceForwarding {
  DeviceId device = 0;
  vswitch::SwitchTables tables;
  std::vector<PeerPath> peers;  // by PeerSlot of the tables
};

enum class SessionUse : std::uint8_t {
  control_only,  // the peer's membership is not verified (or it is a joiner): no frames
  frames,
};

// True once, for whichever thread asks first; then false until the control thread rearms it. A copy
// is armed afresh, so each snapshot reports anew.
class ReportOnce {
 public:
  ReportOnce() = default;
  ReportOnce(const ReportOnce&) noexcept {}
  ReportOnce& operator=(const ReportOnce&) noexcept {
    rearm();
    return *this;
  }

  bool take() const {
    return !taken_.load(std::memory_order_relaxed) &&
           !taken_.exchange(true, std::memory_order_relaxed);
  }
  void rearm() const { taken_.store(false, std::memory_order_relaxed); }

 private:
  mutable std::atomic<bool> taken_ = false;
};

// A session on which datagrams may arrive. Old and new session of a peer are both listed while
// keys change; what is sent goes on the one in PeerPath.
struct SessionEntry {
  std::shared_ptr<tunnel::Session> session;  // never null
  SessionUse use = SessionUse::control_only;
  DeviceId device = 0;         // for SessionUse::frames
  vswitch::PeerSlot slot = 0;  // for SessionUse::frames: in the device's tables
  Endpoint endpoint;           // the path's; datagrams from elsewhere are reported
  ReportOnce new_address;
};

// Half of a circuit: relayed datagrams of this number that come from there. They either end here or
// pass through to the other half.
struct CircuitEntry {
  tunnel::CircuitNumber number = 0;
  Endpoint from;
  Endpoint end;  // that ends here: as which the peer at the other end is known
  struct Passage {
    Endpoint to;
    tunnel::CircuitNumber number = 0;   // at the other half
    std::shared_ptr<RelayMeter> meter;  // nullptr: does not pass, but ends here
  } passage;

  bool passes() const { return passage.meter != nullptr; }
};

struct Forwarding {
  std::vector<DeviceForwarding> devices;  // ascending by device
  std::vector<SessionEntry> sessions;     // ascending by the session's local index
  std::vector<CircuitEntry> circuits;     // ascending by number and origin

  // Puts the lists into their order; the builder's last step.
  void sort();
  // nullptr: unknown. Borrowed from the snapshot.
  const DeviceForwarding* find_device(DeviceId device) const;
  const SessionEntry* find_session(std::uint32_t local_index) const;
  const CircuitEntry* find_circuit(tunnel::CircuitNumber number, const Endpoint& from) const;
};

}  // namespace lanyard::node
