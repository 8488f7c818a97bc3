// SPDX-License-Identifier: Apache-2.0
// The socket by which the router in front of us is asked for port mappings. Not the tunnel's: the
// router's answers need no worker, and strangers' datagrams never get here.
#pragma once

#include <array>
#include <optional>

#include "core/base/datagram.h"
#include "core/base/result.h"
#include "platform/file_descriptor.h"

namespace lanyard::platform {

struct RouterDatagram {
  Endpoint from;
  Bytes payload;  // borrowed until the next receive()
};

// IPv4. Control thread.
class RouterSocket {
 public:
  static Result<RouterSocket> open();

  int descriptor() const { return socket_.get(); }
  // What cannot be sent is lost: requests are repeated.
  void send(const Datagram& datagram) const;
  // Nothing when no more waits.
  std::optional<RouterDatagram> receive();

 private:
  explicit RouterSocket(FileDescriptor socket) : socket_(std::move(socket)) {}

  FileDescriptor socket_;
  std::array<std::uint8_t, 1101> received_{};  // RFC 6887 section 7: at most 1100; more is cut off
};

}  // namespace lanyard::platform
