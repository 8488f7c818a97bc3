// SPDX-License-Identifier: Apache-2.0
#include "platform/router_socket.h"

#include <cerrno>

#include <sys/socket.h>

#include "platform/socket_address.h"
#include "platform/system_error.h"

namespace lanyard::platform {

Result<RouterSocket> RouterSocket::open() {
  FileDescriptor socket(::socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket.is_open()) return system_error(errno, "no socket for port mappings");
  // Bound now: a socket that has not sent yet would not be watched in vain.
  const SocketAddress any = to_socket_address({IpAddress(), 0});
  if (bind(socket.get(), &any.generic, size_of(any)) != 0) {
    return system_error(errno, "no socket for port mappings");
  }
  return RouterSocket(std::move(socket));
}

void RouterSocket::send(const Datagram& datagram) const {
  const SocketAddress to = to_socket_address(datagram.to);
  static_cast<void>(sendto(socket_.get(), datagram.payload.data(), datagram.payload.size(), 0,
                           &to.generic, size_of(to)));
}

std::optional<RouterDatagram> RouterSocket::receive() {
  SocketAddress from{};
  socklen_t size = sizeof from;
  const ssize_t got =
      recvfrom(socket_.get(), received_.data(), received_.size(), 0, &from.generic, &size);
  if (got < 0) return std::nullopt;
  return RouterDatagram{to_endpoint(from), Bytes(received_).first(static_cast<std::size_t>(got))};
}

}  // namespace lanyard::platform
