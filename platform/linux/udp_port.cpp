// SPDX-License-Identifier: Apache-2.0
// recvmmsg and sendmmsg. The sockets do not report ICMP errors (IP_RECVERR stays off), so one
// unreachable peer cannot fail the next send to another.
#include "platform/udp_port.h"

#include <algorithm>
#include <cerrno>
#include <string>

#include <sys/socket.h>

#include "platform/socket_address.h"
#include "platform/system_error.h"

namespace lanyard::platform {
namespace {

// Half a second of 64 Mbit/s while the worker is held up; the kernel takes memory only for what
// waits.
constexpr int kBufferBytes = 4 * 1024 * 1024;

// Enough to find a port that is free in both families.
constexpr int kPortAttempts = 16;

void set_option(const FileDescriptor& socket, int level, int option, int value) {
  static_cast<void>(setsockopt(socket.get(), level, option, &value, sizeof value));
}

// Beyond the system's limit where we have the right to, up to the limit otherwise.
void enlarge_buffers(const FileDescriptor& socket) {
  const int size = kBufferBytes;
  if (setsockopt(socket.get(), SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size) != 0) {
    set_option(socket, SOL_SOCKET, SO_RCVBUF, size);
  }
  if (setsockopt(socket.get(), SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof size) != 0) {
    set_option(socket, SOL_SOCKET, SO_SNDBUF, size);
  }
}

Error bind_error(int error_number, std::uint16_t port) {
  if (error_number == EADDRINUSE) {
    return make_error(Errc::conflict,
                      "UDP port " + std::to_string(port) + " is in use by another program",
                      "choose another with --port, or leave it out for a free one");
  }
  return system_error(error_number, "UDP port " + std::to_string(port) + " cannot be opened",
                      "choose a port above 1023 with --port");
}

Result<FileDescriptor> open_socket(IpFamily family, std::uint16_t port) {
  const bool is_v4 = family == IpFamily::v4;
  FileDescriptor socket(
      ::socket(is_v4 ? AF_INET : AF_INET6, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket.is_open()) return system_error(errno, "no UDP socket");
  if (!is_v4) set_option(socket, IPPROTO_IPV6, IPV6_V6ONLY, 1);
  enlarge_buffers(socket);
  static constexpr std::array<std::uint8_t, 16> kAny{};
  SocketAddress address = to_socket_address({is_v4 ? IpAddress() : IpAddress::from_v6(kAny), port});
  if (bind(socket.get(), &address.generic, size_of(address)) != 0) return bind_error(errno, port);
  return socket;
}

std::uint16_t bound_port(const FileDescriptor& socket) {
  SocketAddress address{};
  socklen_t size = sizeof address;
  getsockname(socket.get(), &address.generic, &size);
  return to_endpoint(address).port;
}

// Messages of one system call, on the stack of whoever sends.
struct OutgoingMessages {
  std::array<mmsghdr, kBatchSize> headers{};
  std::array<iovec, kBatchSize> parts;
  std::array<SocketAddress, kBatchSize> addresses;
  std::size_t size = 0;

  void add(const OutgoingDatagram& datagram) {
    addresses[size] = to_socket_address(datagram.to);
    // sendmmsg does not write through it.
    parts[size] = {const_cast<std::uint8_t*>(datagram.payload.data()), datagram.payload.size()};
    msghdr& header = headers[size].msg_hdr;
    header.msg_name = &addresses[size];
    header.msg_namelen = size_of(addresses[size]);
    header.msg_iov = &parts[size];
    header.msg_iovlen = 1;
    ++size;
  }
};

void send_messages(const FileDescriptor& socket, OutgoingMessages& messages, SendCount& count) {
  std::size_t next = 0;
  while (next < messages.size) {
    const int sent = sendmmsg(socket.get(), &messages.headers[next],
                              static_cast<unsigned>(messages.size - next), 0);
    if (sent > 0) {
      next += static_cast<std::size_t>(sent);
      count.sent += static_cast<std::size_t>(sent);
    } else if (errno == EAGAIN || errno == ENOBUFS) {
      count.congested += messages.size - next;
      return;
    } else if (errno != EINTR) {
      // This one alone: the next may go elsewhere.
      ++next;
      ++count.refused;
    }
  }
}

}  // namespace

ReceiveBatch::ReceiveBatch(std::size_t slot_bytes)
    : slot_bytes_(slot_bytes), slab_(kBatchSize * slot_bytes) {}

Result<UdpPort> UdpPort::open(std::uint16_t port) {
  for (int attempt = 1;; ++attempt) {
    auto v4 = open_socket(IpFamily::v4, port);
    if (!v4) return v4.error();
    const std::uint16_t bound = bound_port(*v4);
    auto v6 = open_socket(IpFamily::v6, bound);
    if (v6) return UdpPort(std::move(*v4), std::move(*v6), bound);
    // A system without IPv6 says so when the socket is made, or when it is bound.
    if (v6.error().code != Errc::conflict) return UdpPort(std::move(*v4), {}, bound);
    if (port != 0 || attempt == kPortAttempts) return v6.error();
  }
}

void UdpPort::receive(IpFamily family, ReceiveBatch& batch) const {
  std::array<mmsghdr, kBatchSize> headers{};
  std::array<iovec, kBatchSize> parts;
  std::array<SocketAddress, kBatchSize> addresses;
  for (std::size_t i = 0; i < kBatchSize; ++i) {
    parts[i] = {batch.slab_.data() + i * batch.slot_bytes_, batch.slot_bytes_};
    headers[i].msg_hdr.msg_name = &addresses[i];
    headers[i].msg_hdr.msg_namelen = sizeof addresses[i];
    headers[i].msg_hdr.msg_iov = &parts[i];
    headers[i].msg_hdr.msg_iovlen = 1;
  }
  batch.size_ = 0;
  const int received =
      recvmmsg(socket(family).get(), headers.data(), kBatchSize, MSG_DONTWAIT, nullptr);
  for (std::size_t i = 0; i < static_cast<std::size_t>(std::max(received, 0)); ++i) {
    // A datagram that did not fit is empty to the caller: no protocol here has empty datagrams.
    const bool whole = (headers[i].msg_hdr.msg_flags & MSG_TRUNC) == 0;
    batch.lengths_[i] = whole ? headers[i].msg_len : 0;
    batch.from_[i] = to_endpoint(addresses[i]);
    ++batch.size_;
  }
}

SendCount UdpPort::send(std::span<const OutgoingDatagram> datagrams) const {
  SendCount count;
  while (!datagrams.empty()) {
    const IpFamily family = datagrams.front().to.address.family();
    OutgoingMessages messages;
    while (messages.size < std::min(kBatchSize, datagrams.size()) &&
           datagrams[messages.size].to.address.family() == family) {
      messages.add(datagrams[messages.size]);
    }
    datagrams = datagrams.subspan(messages.size);
    if (has(family)) {
      send_messages(socket(family), messages, count);
    } else {
      count.refused += messages.size;
    }
  }
  return count;
}

}  // namespace lanyard::platform
