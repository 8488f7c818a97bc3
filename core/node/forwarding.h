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
#include "core/tunnel/session.h"
#include "core/vswitch/tables.h"

namespace lanyard::node {

// The way to one member. Without a session it is unreachable, and frames to it are dropped.
struct PeerPath {
  std::shared_ptr<tunnel::Session> session;
  Endpoint endpoint;
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

struct Forwarding {
  std::vector<DeviceForwarding> devices;  // ascending by device
  std::vector<SessionEntry> sessions;     // ascending by the session's local index

  // Puts both lists into their order; the builder's last step.
  void sort();
  // nullptr: unknown. Borrowed from the snapshot.
  const DeviceForwarding* find_device(DeviceId device) const;
  const SessionEntry* find_session(std::uint32_t local_index) const;
};

}  // namespace lanyard::node
