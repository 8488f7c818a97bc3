// SPDX-License-Identifier: Apache-2.0
#include "platform/control_connection.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "platform/system_error.h"

namespace lanyard::platform {
namespace {

using Clock = std::chrono::steady_clock;

Clock::time_point deadline_after(Duration patience) {
  return Clock::now() + std::chrono::nanoseconds(patience.nanoseconds);
}

// Until the socket is ready for `events` or the deadline has passed.
Result<void> wait_until_ready(int socket, short events, Clock::time_point deadline) {
  while (true) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
    pollfd waiting{socket, events, 0};
    const int timeout = static_cast<int>(std::clamp<std::int64_t>(left, 0, 60'000));
    const int ready = ::poll(&waiting, 1, timeout);
    if (ready > 0) return {};
    if (ready < 0 && errno != EINTR) {
      return system_error(errno, "cannot wait for the daemon");
    }
    if (ready == 0 && left <= 60'000) {
      return make_error(Errc::timeout, "the daemon did not answer in time");
    }
  }
}

Error gone() {
  return make_error(Errc::failure, "the daemon closed the connection", "its log says why");
}

}  // namespace

Result<ControlConnection> ControlConnection::open(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) {
    return make_error(Errc::invalid, "the socket's path is too long: " + path);
  }
  std::memcpy(address.sun_path, path.data(), path.size());

  FileDescriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!socket.is_open()) return system_error(errno, "cannot open a socket");
  const auto* generic = reinterpret_cast<const sockaddr*>(&address);
  if (::connect(socket.get(), generic, sizeof address) != 0) {
    const int why = errno;
    if (why == ENOENT || why == ECONNREFUSED || why == ENOTDIR) {
      return make_error(Errc::unavailable, "no daemon listens at " + path);
    }
    return system_error(why, "cannot connect to the daemon at " + path);
  }
  return ControlConnection(std::move(socket));
}

Result<void> ControlConnection::write(std::string_view bytes, Duration patience) {
  const Clock::time_point deadline = deadline_after(patience);
  while (!bytes.empty()) {
    const ssize_t sent =
        ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    } else if (errno == EAGAIN) {
      const Result<void> ready = wait_until_ready(socket_.get(), POLLOUT, deadline);
      if (!ready) return ready;
    } else if (errno == EPIPE || errno == ECONNRESET) {
      return gone();
    } else if (errno != EINTR) {
      return system_error(errno, "cannot write to the daemon");
    }
  }
  return {};
}

Result<std::string> ControlConnection::read(Duration patience) {
  const Clock::time_point deadline = deadline_after(patience);
  std::array<char, 16 * 1024> piece{};
  while (true) {
    const Result<void> ready = wait_until_ready(socket_.get(), POLLIN, deadline);
    if (!ready) return ready.error();
    const ssize_t received = ::recv(socket_.get(), piece.data(), piece.size(), MSG_DONTWAIT);
    if (received > 0) return std::string(piece.data(), static_cast<std::size_t>(received));
    if (received == 0 || errno == ECONNRESET) return gone();
    if (errno != EINTR && errno != EAGAIN) {
      return system_error(errno, "cannot read from the daemon");
    }
  }
}

}  // namespace lanyard::platform
