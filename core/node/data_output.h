// SPDX-License-Identifier: Apache-2.0
// DataOutput: what one batch through a DataPlane yields, kept without allocation until the worker
// has sent it. It knows memory and order, and nothing of keys or tables.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "core/base/bytes.h"
#include "core/base/endpoint.h"
#include "core/node/sealed_run.h"
#include "core/vswitch/offload/coalescer.h"

namespace lanyard::node {

// An in-session control message, for the control thread.
struct OpenedControl {
  std::uint32_t session_index = 0;  // ours
  Endpoint from;
  Bytes body;
};

// An authentic datagram came from another address than the session's path. At most one for each
// session and snapshot (or rearm), however many datagrams come.
struct NewAddress {
  std::uint32_t session_index = 0;  // ours
  Endpoint from;
};

// For the control thread as it is: a datagram of a session that is about to be (it has the
// handshake's last message before it, and opens it), or what came through a relay and is no data.
struct EarlyDatagram {
  Endpoint from;
  Bytes bytes;
};

// Owned and used by one worker. The views are good until reset(): sealed datagrams and local
// answers lie in the output's own memory; frames for the devices, control bodies and what is
// relayed lie in the datagrams that were handed in, which therefore must stay as they are until
// then.
class DataOutput {
 public:
  struct Capacity {
    std::size_t bytes = std::size_t{2} << 20;  // touched, and so resident, only as far as used
    std::size_t items = 2048;                  // of each kind
  };

  // What the devices take decides how frames for them are merged.
  DataOutput() : DataOutput(Capacity{}, vswitch::CoalescerFeatures{}) {}
  DataOutput(Capacity capacity, vswitch::CoalescerFeatures features);

  // False when more than half full: send and reset before the next input.
  bool has_room() const;
  void reset();

  // For the network, in the order in which they are to be sent.
  const std::vector<SealedRun>& runs() const { return runs_; }
  // For the devices: the port of a group is the DeviceId. finish() comes before they are read.
  vswitch::Coalescer& frames() { return frames_; }
  const vswitch::Coalescer& frames() const { return frames_; }
  // For the control thread.
  const std::vector<OpenedControl>& control() const { return control_; }
  const std::vector<NewAddress>& new_addresses() const { return new_addresses_; }
  const std::vector<EarlyDatagram>& early() const { return early_; }

 private:
  friend class Inbound;
  friend class Outbound;
  friend class Relaying;

  // Nothing for the network and nothing in its memory.
  bool is_empty() const { return used_ == 0 && runs_.empty(); }
  // For datagrams of so many bytes in total, each of which may have to begin a run of its own.
  bool has_room_for(std::size_t datagrams, std::size_t bytes) const;
  // Memory for one more item, which is kept once a function below is called. Datagrams that follow
  // each other lie one directly behind the other. Empty when there is none for an answer;
  // for a datagram there is where has_room_for() says so.
  MutableBytes room_for(std::size_t bytes);
  MutableBytes room_for_datagram(std::size_t bytes);
  // Lengthens the last run where it is for the same peer and their sizes allow, else begins one.
  void add_datagram(const Endpoint& to, MutableBytes datagram);
  // A run that lies elsewhere, borrowed. False when there are too many.
  bool add_run(const SealedRun& run);
  bool add_answer(std::uint32_t port, MutableBytes frame);
  bool add_control(const OpenedControl& control);
  bool add_new_address(const NewAddress& address);
  // Copied: it is not opened yet, and the frame behind it may be given its header over the end of
  // it.
  bool add_early(const EarlyDatagram& datagram);

  Capacity capacity_;
  std::unique_ptr<std::uint8_t[]> memory_;
  std::size_t used_ = 0;  // bytes of memory_
  std::vector<SealedRun> runs_;
  vswitch::Coalescer frames_;
  std::vector<OpenedControl> control_;
  std::vector<NewAddress> new_addresses_;
  std::vector<EarlyDatagram> early_;
};

}  // namespace lanyard::node
