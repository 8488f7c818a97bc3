// SPDX-License-Identifier: Apache-2.0
// A client's end of the daemon's Unix socket: opens it, writes, and waits for bytes, each with a
// limit of time. What the bytes mean is core/control's matter (client.h).
#pragma once

#include <string>
#include <string_view>

#include "core/base/result.h"
#include "core/base/time.h"
#include "platform/file_descriptor.h"

namespace lanyard::platform {

// Used by one thread, which it blocks.
class ControlConnection {
 public:
  // Errc::unavailable when no daemon listens there (no such socket, or a stale one),
  // Errc::permission when one may, but not to us.
  static Result<ControlConnection> open(const std::string& path);

  // Writes it all; bytes are borrowed for the call. Errc::timeout, or Errc::failure once the daemon
  // has closed the connection.
  Result<void> write(std::string_view bytes, Duration patience);

  // Waits for bytes and returns what there is, at least one. Errors as for write().
  Result<std::string> read(Duration patience);

 private:
  explicit ControlConnection(FileDescriptor socket) : socket_(std::move(socket)) {}

  FileDescriptor socket_;
};

}  // namespace lanyard::platform
