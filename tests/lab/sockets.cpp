// SPDX-License-Identifier: Apache-2.0
#include "tests/lab/sockets.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <stdexcept>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace lanyard::lab {
namespace {

constexpr Patience kConnectPatience{10'000};

[[noreturn]] void fail(const std::string& what) {
  throw std::runtime_error(what + ": " + std::strerror(errno));
}

sockaddr_in ipv4(const std::string& address, std::uint16_t port) {
  sockaddr_in out{};
  out.sin_family = AF_INET;
  out.sin_port = htons(port);
  if (inet_pton(AF_INET, address.c_str(), &out.sin_addr) != 1) {
    throw std::runtime_error("no IPv4 address: " + address);
  }
  return out;
}

template <typename Address>
const sockaddr* generic(const Address& address) {
  return reinterpret_cast<const sockaddr*>(&address);
}

// Open in the machine's namespace, and bound to the port there if it is not 0.
Socket open_in(const Machine& machine, int type, std::uint16_t port) {
  const Visit visit(machine.space());
  Socket made(socket(AF_INET, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  const int on = 1;
  setsockopt(made.descriptor(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  setsockopt(made.descriptor(), SOL_SOCKET, SO_BROADCAST, &on, sizeof(on));
  const sockaddr_in any = ipv4("0.0.0.0", port);
  if (made.descriptor() < 0) fail("socket");
  if (port != 0 && bind(made.descriptor(), generic(any), sizeof(any)) != 0) fail("bind");
  return made;
}

}  // namespace

Socket::~Socket() {
  if (descriptor_ >= 0) close(descriptor_);
}

std::int64_t Socket::send_some(std::string_view bytes, Patience patience) const {
  if (!wait_for(descriptor_, Readiness::writable, Deadline(patience))) return 0;
  const ssize_t n = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  if (n >= 0) return n;
  return errno == EAGAIN ? 0 : -1;
}

std::optional<std::string> Socket::receive(Patience patience) const {
  if (!wait_for(descriptor_, Readiness::readable, Deadline(patience))) return std::nullopt;
  std::array<char, 65536> piece{};
  const ssize_t n = recv(descriptor_, piece.data(), piece.size(), 0);
  return std::string(piece.data(), n > 0 ? static_cast<std::size_t>(n) : 0);
}

UdpSocket::UdpSocket(const Machine& machine, std::uint16_t port)
    : socket_(open_in(machine, SOCK_DGRAM, port)) {}

void UdpSocket::send(const std::string& address,
                     std::uint16_t port,
                     std::string_view text,
                     const std::string& interface) const {
  const sockaddr_in to = ipv4(address, port);
  setsockopt(socket_.descriptor(), SOL_SOCKET, SO_BINDTODEVICE, interface.c_str(),
             static_cast<socklen_t>(interface.size()));
  if (sendto(socket_.descriptor(), text.data(), text.size(), 0, generic(to), sizeof(to)) < 0) {
    fail("sendto " + address);
  }
}

TcpListener::TcpListener(const Machine& machine, std::uint16_t port)
    : socket_(open_in(machine, SOCK_STREAM, port)) {
  if (listen(socket_.descriptor(), 1) != 0) fail("listen");
}

std::optional<Socket> TcpListener::accept(Patience patience) const {
  if (!wait_for(socket_.descriptor(), Readiness::readable, Deadline(patience))) return std::nullopt;
  const int peer = accept4(socket_.descriptor(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (peer < 0) fail("accept");
  return Socket(peer);
}

Socket connect_tcp(const Machine& machine, const std::string& address, std::uint16_t port) {
  Socket client = open_in(machine, SOCK_STREAM, 0);
  const sockaddr_in to = ipv4(address, port);
  if (::connect(client.descriptor(), generic(to), sizeof(to)) != 0 && errno != EINPROGRESS) {
    fail("connect to " + address);
  }
  int error = ETIMEDOUT;
  socklen_t size = sizeof(error);
  if (wait_for(client.descriptor(), Readiness::writable, Deadline(kConnectPatience))) {
    getsockopt(client.descriptor(), SOL_SOCKET, SO_ERROR, &error, &size);
  }
  errno = error;
  if (error != 0) fail("connect to " + address);
  return client;
}

Socket connect_control(const Machine& machine) {
  Socket client(socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string path = machine.socket_path();
  if (path.size() >= sizeof(address.sun_path)) throw std::runtime_error("path too long: " + path);
  std::memcpy(address.sun_path, path.data(), path.size());
  if (::connect(client.descriptor(), generic(address), sizeof(address)) != 0) {
    fail("connect to " + path);
  }
  return client;
}

}  // namespace lanyard::lab
