// SPDX-License-Identifier: Apache-2.0
// Relaying: relayed datagrams (protocol.md section 5.2). What passes through has its circuit number
// rewritten where it lies and leaves as the run that it came as: nothing is opened or copied. What
// ends here is unwrapped and goes the way of what came directly.
#pragma once

#include "core/node/data_output.h"
#include "core/node/drop_reason.h"
#include "core/node/forwarding.h"
#include "core/node/inbound.h"

namespace lanyard::node {

// Owned and used by one worker, as part of its DataPlane.
class Relaying {
 public:
  // Both must outlive it.
  Relaying(DropCounters& drops, Inbound& inbound) : drops_(drops), inbound_(inbound) {}

  // Each datagram begins with 0xE5. They are changed in place, and borrowed until out.reset().
  void handle_run(const Forwarding& forwarding, const ReceivedRun& run, DataOutput& out);

 private:
  void pass(const CircuitEntry& circuit, const ReceivedRun& run, DataOutput& out);
  void end(const Forwarding& forwarding,
           const CircuitEntry& circuit,
           const ReceivedRun& run,
           DataOutput& out);
  // An inner datagram that is not data.
  void hand_over(const Endpoint& from, Bytes datagram, DataOutput& out);

  DropCounters& drops_;
  Inbound& inbound_;
};

}  // namespace lanyard::node
