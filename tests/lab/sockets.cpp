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
constexpr int kBacklog = 8;  // connections of one scenario that wait at once

[[noreturn]] void fail(const std::string& what) {
  throw std::runtime_error(what + ": " + std::strerror(errno));
}

template <typename Address>
const sockaddr* generic(const Address& address) {
  return reinterpret_cast<const sockaddr*>(&address);
}

// An address of either family as system calls take it.
class SocketAddress {
 public:
  SocketAddress(const std::string& address, std::uint16_t port) {
    auto& v4 = reinterpret_cast<sockaddr_in&>(storage_);
    auto& v6 = reinterpret_cast<sockaddr_in6&>(storage_);
    if (inet_pton(AF_INET, address.c_str(), &v4.sin_addr) == 1) {
      v4.sin_family = AF_INET;
      v4.sin_port = htons(port);
      size_ = sizeof(v4);
    } else if (inet_pton(AF_INET6, address.c_str(), &v6.sin6_addr) == 1) {
      v6.sin6_family = AF_INET6;
      v6.sin6_port = htons(port);
      size_ = sizeof(v6);
    } else {
      throw std::runtime_error("no IP address: " + address);
    }
  }

  const sockaddr* get() const { return generic(storage_); }
  socklen_t size() const { return size_; }

 private:
  sockaddr_storage storage_{};
  socklen_t size_ = 0;
};

// Open in the machine's namespace, and bound to the port there if it is not 0.
Socket open_in(const Machine& machine, Family family, int type, std::uint16_t port) {
  const Visit visit(machine.space());
  const bool is_v4 = family == Family::v4;
  Socket made(socket(is_v4 ? AF_INET : AF_INET6, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  const int on = 1;
  setsockopt(made.descriptor(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  setsockopt(made.descriptor(), SOL_SOCKET, SO_BROADCAST, &on, sizeof(on));
  const SocketAddress any(is_v4 ? "0.0.0.0" : "::", port);
  if (made.descriptor() < 0) fail("socket");
  if (port != 0 && bind(made.descriptor(), any.get(), any.size()) != 0) fail("bind");
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

Family family_of(std::string_view address) {
  return address.find(':') == std::string_view::npos ? Family::v4 : Family::v6;
}

UdpSocket::UdpSocket(const Machine& machine, std::uint16_t port, Family family)
    : socket_(open_in(machine, family, SOCK_DGRAM, port)) {}

void UdpSocket::connect(const std::string& address, std::uint16_t port) const {
  const SocketAddress to(address, port);
  if (::connect(descriptor(), to.get(), to.size()) != 0) fail("connect to " + address);
}

void UdpSocket::send(const std::string& address,
                     std::uint16_t port,
                     std::string_view text,
                     const std::string& interface) const {
  const SocketAddress to(address, port);
  setsockopt(socket_.descriptor(), SOL_SOCKET, SO_BINDTODEVICE, interface.c_str(),
             static_cast<socklen_t>(interface.size()));
  if (sendto(socket_.descriptor(), text.data(), text.size(), 0, to.get(), to.size()) < 0) {
    fail("sendto " + address);
  }
}

TcpListener::TcpListener(const Machine& machine, std::uint16_t port, Family family)
    : socket_(open_in(machine, family, SOCK_STREAM, port)) {
  if (listen(socket_.descriptor(), kBacklog) != 0) fail("listen");
}

std::optional<Socket> TcpListener::accept(Patience patience) const {
  if (!wait_for(socket_.descriptor(), Readiness::readable, Deadline(patience))) return std::nullopt;
  const int peer = accept4(socket_.descriptor(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (peer < 0) fail("accept");
  return Socket(peer);
}

Socket connect_tcp(const Machine& machine, const std::string& address, std::uint16_t port) {
  Socket client = open_in(machine, family_of(address), SOCK_STREAM, 0);
  const SocketAddress to(address, port);
  if (::connect(client.descriptor(), to.get(), to.size()) != 0 && errno != EINPROGRESS) {
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
