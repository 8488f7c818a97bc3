// SPDX-License-Identifier: Apache-2.0
// DataPlane: carries Ethernet frames between TAP devices and sessions, both ways. A worker reads a
// batch of frames or datagrams, hands it in, sends all that is in its DataOutput, then resets that.
// No allocation after construction (a thread's first use of an AEAD excepted, which
// crypto::warm_up_aeads_of_this_thread() takes on itself), no clock, no log, no system call;
// whatever cannot be carried is dropped and counted.
#pragma once

#include <span>

#include "core/node/data_output.h"
#include "core/node/drop_reason.h"
#include "core/node/forwarding.h"
#include "core/node/inbound.h"
#include "core/node/outbound.h"
#include "core/node/relaying.h"

namespace lanyard::node {

// Owned and used by one worker; drops() may be called from any thread.
class DataPlane {
 public:
  DataPlane() = default;
  DataPlane(const DataPlane&) = delete;
  DataPlane& operator=(const DataPlane&) = delete;

  // At most Outbound::kMaxBatch frames of one device, changed, and borrowed, as forwarding is,
  // until all is done. While more is left, send and reset the output, and call go_on().
  Progress handle_frames(const Forwarding& forwarding,
                         DeviceId device,
                         std::span<const DeviceFrame> frames,
                         DataOutput& out) {
    return outbound_.handle_frames(forwarding, device, frames, out);
  }
  Progress go_on(DataOutput& out) { return outbound_.go_on(out); }
  // Datagrams that begin with 0xE4, opened in place and borrowed until out.reset().
  void handle_run(const Forwarding& forwarding, const ReceivedRun& run, DataOutput& out) {
    inbound_.handle_run(forwarding, run, out);
  }
  // Datagrams that begin with 0xE5, changed in place and borrowed until out.reset(); what passes
  // through is among out.runs().
  void handle_relayed_run(const Forwarding& forwarding, const ReceivedRun& run, DataOutput& out) {
    relaying_.handle_run(forwarding, run, out);
  }
  // A handshake's message 3 with this index has been passed on to the control thread.
  void expect_session(tunnel::SessionIndex index) { inbound_.expect_session(index); }

  DropCounts drops() const { return drops_.read(); }

 private:
  DropCounters drops_;
  Outbound outbound_{drops_};
  Inbound inbound_{drops_};
  Relaying relaying_{drops_, inbound_};
};

}  // namespace lanyard::node
