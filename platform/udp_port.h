// SPDX-License-Identifier: Apache-2.0
// The tunnel's UDP sockets: as many as there are workers, each with one for IPv4 and, where the
// system has IPv6, one for IPv6, all on the same port, non-blocking, many datagrams per system
// call. The kernel spreads what arrives over them by the two ends' addresses and ports.
//
// A destination that cannot be reached costs its own datagrams and no others. A full socket is not
// waited for: whoever sends is told how far it took what it was given.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "core/base/endpoint.h"
#include "core/base/result.h"
#include "core/node/sealed_run.h"
#include "platform/file_descriptor.h"
#include "platform/offloads.h"
#include "platform/receive_batch.h"

namespace lanyard::platform {

struct UdpOptions {
  std::size_t sockets = 1;  // of each family: one for each worker
  Offloads offloads;        // of which udp_gso and udp_gro matter here
};

// A datagram by itself, borrowed like a run.
inline node::SealedRun run_of_one(const Endpoint& to, Bytes datagram) {
  return {to, datagram, static_cast<std::uint16_t>(datagram.size())};
}

// What became of datagrams that were to be sent.
struct [[nodiscard]] SendCount {
  std::size_t sent = 0;
  std::size_t congested = 0;    // there was no room for it
  std::size_t too_long = 0;     // for UDP, or for the path where it does not fragment
  std::size_t unreachable = 0;  // no route, no such family, interface down
  std::size_t forbidden = 0;    // by a firewall of this machine
  std::size_t refused = 0;      // for any other reason

  bool operator==(const SendCount&) const = default;
};

// How far runs are sent.
struct SendPosition {
  std::size_t run = 0;    // the next one
  std::size_t bytes = 0;  // of which so many are sent, whole datagrams

  bool operator==(const SendPosition&) const = default;
};

// The smallest of all sockets.
struct SocketBuffers {
  // What a few TCP streams at full speed send while the worker waits some milliseconds for its
  // processor: with half as much, four of them lose several times as many segments. The kernel
  // takes memory only for what waits.
  static constexpr std::size_t kWantedReceiveBytes = std::size_t{8} << 20;
  // The longest that the queue towards a slow way out gets, behind which all else waits
  // (shaped_latency.py in tests/bench). Workers wait for room and lose nothing by a small one; more
  // would be needed where half of it is sent in less time than a worker takes to wake up.
  static constexpr std::size_t kWantedSendBytes = std::size_t{128} << 10;

  std::size_t receive_bytes = 0;
  std::size_t send_bytes = 0;

  // Where not, net.core.rmem_max or wmem_max and missing rights limit them.
  bool are_as_wanted() const {
    return receive_bytes >= kWantedReceiveBytes && send_bytes >= kWantedSendBytes;
  }
};

// Sending may be done by several threads at once; receive() by one thread per socket and family.
class UdpPort {
 public:
  // port 0: any free one. A port that another program has in either family is Errc::conflict, even
  // if that is a daemon of the same user.
  static Result<UdpPort> open(std::uint16_t port, const UdpOptions& options = {});

  std::uint16_t port() const { return port_; }
  std::size_t sockets() const { return pairs_.size(); }
  bool has(IpFamily family) const { return socket(0, family).descriptor.is_open(); }
  // For waiting; -1 where the family is missing.
  int descriptor(std::size_t index, IpFamily family) const {
    return socket(index, family).descriptor.get();
  }

  // What a batch must look like that is to take all that one receive() can yield.
  BatchShape batch_shape() const;
  void receive(std::size_t index, IpFamily family, ReceiveBatch& batch) const {
    batch.receive(descriptor(index, family));
  }
  // From position on, in this order to each destination, until all is sent (position.run is
  // runs.size()) or the socket for the run at position is full: it becomes writable again. A run
  // without bytes is no datagram.
  SendCount send(std::size_t index,
                 std::span<const node::SealedRun> runs,
                 SendPosition& position) const;
  // What finds a full socket is lost and counted as congested.
  SendCount send_or_drop(std::size_t index, std::span<const node::SealedRun> runs) const;

  // Of udp_gso and udp_gro those that were wanted, that the kernel has and, for udp_gso, that no
  // interface has refused since the network changed: a socket that meets a refusal does without.
  Offloads offloads() const;
  // Routes or interfaces are others now, and may take what the former ones refused.
  void handle_network_change();
  SocketBuffers buffers() const;
  // Received messages (with udp_gro, of many datagrams each) that the sockets had no room for,
  // since start.
  std::uint64_t queue_drops() const;

 private:
  struct Socket {
    FileDescriptor descriptor;
    bool knows_segmentation = false;  // wanted, and the kernel has it
    mutable std::atomic<bool> has_segmentation{false};
  };
  struct Pair {
    Socket v4;
    Socket v6;
  };

  UdpPort(std::size_t sockets, std::uint16_t port) : pairs_(sockets), port_(port) {}

  Result<void> open_family(IpFamily family, Offloads offloads);
  // visit(const Socket&) for each that is open.
  template <typename Visit>
  void for_each_socket(Visit visit) const;

  const Socket& socket(std::size_t index, IpFamily family) const {
    return family == IpFamily::v4 ? pairs_[index].v4 : pairs_[index].v6;
  }

  std::vector<Pair> pairs_;
  std::uint16_t port_ = 0;
  bool has_merging_ = false;
};

}  // namespace lanyard::platform
