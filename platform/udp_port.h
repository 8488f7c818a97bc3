// SPDX-License-Identifier: Apache-2.0
// The tunnel's UDP sockets: one for IPv4 and, where the system has IPv6, one for IPv6, both on the
// same port, non-blocking, a batch per system call.
//
// A destination that cannot be reached costs its own datagram and no other. Congestion is never
// waited for: what the socket does not take at once is dropped and counted.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "core/base/bytes.h"
#include "core/base/endpoint.h"
#include "core/base/result.h"
#include "core/node/data_plane.h"
#include "platform/file_descriptor.h"

namespace lanyard::platform {

// Datagrams taken or given in one system call; more gains little and delays the first.
constexpr std::size_t kBatchSize = 64;

// Where received datagrams are put: kBatchSize slots of fixed size, allocated once. Used by one
// thread.
class ReceiveBatch {
 public:
  // Datagrams longer than a slot are discarded by receive().
  explicit ReceiveBatch(std::size_t slot_bytes);

  std::size_t size() const { return size_; }
  const Endpoint& from(std::size_t index) const { return from_[index]; }
  // Borrowed until the next receive().
  MutableBytes datagram(std::size_t index) {
    return MutableBytes(slab_).subspan(index * slot_bytes_, lengths_[index]);
  }

 private:
  friend class UdpPort;

  std::size_t slot_bytes_;
  std::size_t size_ = 0;
  Buffer slab_;
  std::array<std::size_t, kBatchSize> lengths_{};
  std::array<Endpoint, kBatchSize> from_{};
};

// A datagram to send; its payload is borrowed until send() returns.
using OutgoingDatagram = node::SealedDatagram;

struct SendCount {
  std::size_t sent = 0;
  std::size_t congested = 0;  // the socket's buffer was full
  std::size_t refused = 0;    // no route, too long, forbidden by a firewall, no such family
};

// send() may be called by several threads at once; receive() by one thread per family.
class UdpPort {
 public:
  // port 0: any free one. A port that is taken in either family is Errc::conflict.
  static Result<UdpPort> open(std::uint16_t port);

  std::uint16_t port() const { return port_; }
  bool has(IpFamily family) const { return socket(family).is_open(); }
  // For waiting; -1 where the family is missing.
  int descriptor(IpFamily family) const { return socket(family).get(); }

  // Replaces the batch by what waits, at most kBatchSize; never blocks.
  void receive(IpFamily family, ReceiveBatch& batch) const;
  SendCount send(std::span<const OutgoingDatagram> datagrams) const;

 private:
  UdpPort(FileDescriptor v4, FileDescriptor v6, std::uint16_t port)
      : v4_(std::move(v4)), v6_(std::move(v6)), port_(port) {}

  const FileDescriptor& socket(IpFamily family) const { return family == IpFamily::v4 ? v4_ : v6_; }

  FileDescriptor v4_;
  FileDescriptor v6_;
  std::uint16_t port_ = 0;
};

}  // namespace lanyard::platform
