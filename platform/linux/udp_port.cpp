// SPDX-License-Identifier: Apache-2.0
// Opening and asking the sockets; sending is in udp_send.cpp. They do not report ICMP errors
// (IP_RECVERR stays off), so one unreachable peer cannot fail the next send to another.
#include "platform/udp_port.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <limits>
#include <optional>
#include <string>

#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <sys/socket.h>

#include "platform/socket_address.h"
#include "platform/system_error.h"

namespace lanyard::platform {
namespace {

// Enough to find a port that is free in both families.
constexpr int kPortAttempts = 16;

bool set_option(const FileDescriptor& socket, int level, int option, int value) {
  return setsockopt(socket.get(), level, option, &value, sizeof value) == 0;
}

// The value; nothing where the kernel does not know the option.
std::optional<int> option_of(const FileDescriptor& socket, int level, int option) {
  int value = 0;
  socklen_t size = sizeof value;
  if (getsockopt(socket.get(), level, option, &value, &size) != 0) return std::nullopt;
  return value;
}

// Beyond the system's limit where we have the right to, up to the limit otherwise.
void set_buffers(const FileDescriptor& socket) {
  constexpr int kReceive = SocketBuffers::kWantedReceiveBytes;
  if (!set_option(socket, SOL_SOCKET, SO_RCVBUFFORCE, kReceive)) {
    set_option(socket, SOL_SOCKET, SO_RCVBUF, kReceive);
  }
  constexpr int kSend = SocketBuffers::kWantedSendBytes;
  if (!set_option(socket, SOL_SOCKET, SO_SNDBUFFORCE, kSend)) {
    set_option(socket, SOL_SOCKET, SO_SNDBUF, kSend);
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

// All sockets of a family have to allow that they share the port. The first one takes it before it
// allows that, so that it gets no port that somebody else has, even if he would share it.
enum class Place : std::uint8_t { first, further };

Result<FileDescriptor> open_socket(IpFamily family, std::uint16_t port, Place place) {
  const bool is_v4 = family == IpFamily::v4;
  FileDescriptor socket(
      ::socket(is_v4 ? AF_INET : AF_INET6, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket.is_open()) return system_error(errno, "no UDP socket");
  if (!is_v4) set_option(socket, IPPROTO_IPV6, IPV6_V6ONLY, 1);
  set_buffers(socket);
  if (place == Place::further) set_option(socket, SOL_SOCKET, SO_REUSEPORT, 1);
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

}  // namespace

template <typename Visit>
void UdpPort::for_each_socket(Visit visit) const {
  for (const Pair& pair : pairs_) {
    for (const Socket* socket : {&pair.v4, &pair.v6}) {
      if (socket->descriptor.is_open()) visit(*socket);
    }
  }
}

Result<UdpPort> UdpPort::open(std::uint16_t port, const UdpOptions& options) {
  for (int attempt = 1;; ++attempt) {
    UdpPort out(options.sockets, port);
    const auto v4 = out.open_family(IpFamily::v4, options.offloads);
    if (!v4) return v4.error();
    const auto v6 = out.open_family(IpFamily::v6, options.offloads);
    // A system without IPv6 says so when the first socket is made, or when it is bound.
    if (v6 || (v6.error().code != Errc::conflict && !out.has(IpFamily::v6))) return out;
    if (port != 0 || attempt == kPortAttempts) return v6.error();
  }
}

// The port is the one that was asked for, or that the first socket was given.
Result<void> UdpPort::open_family(IpFamily family, Offloads offloads) {
  for (std::size_t i = 0; i < pairs_.size(); ++i) {
    auto opened = open_socket(family, port_, i == 0 ? Place::first : Place::further);
    if (!opened) return opened.error();
    if (i == 0) {
      port_ = bound_port(*opened);
      if (pairs_.size() > 1) set_option(*opened, SOL_SOCKET, SO_REUSEPORT, 1);
    }
    // A kernel that does not know the one option would send a run as one datagram.
    const bool has_segmentation =
        offloads.has(Offload::udp_gso) && option_of(*opened, SOL_UDP, UDP_SEGMENT).has_value();
    const bool has_merging =
        offloads.has(Offload::udp_gro) && set_option(*opened, SOL_UDP, UDP_GRO, 1);
    has_merging_ = has_merging_ || has_merging;
    Socket& socket = family == IpFamily::v4 ? pairs_[i].v4 : pairs_[i].v6;
    socket.descriptor = std::move(*opened);
    socket.knows_segmentation = has_segmentation;
    socket.has_segmentation = has_segmentation;
  }
  return {};
}

BatchShape UdpPort::batch_shape() const { return has_merging_ ? kMergedShape : kSingleShape; }

Offloads UdpPort::offloads() const {
  bool has_segmentation = true;
  for_each_socket([&](const Socket& socket) {
    has_segmentation = has_segmentation && socket.has_segmentation.load(std::memory_order_relaxed);
  });
  Offloads out = Offloads::none();
  if (has_segmentation) out = out.with(Offload::udp_gso);
  if (has_merging_) out = out.with(Offload::udp_gro);
  return out;
}

void UdpPort::handle_network_change() {
  for_each_socket([](const Socket& socket) {
    socket.has_segmentation.store(socket.knows_segmentation, std::memory_order_relaxed);
  });
}

SocketBuffers UdpPort::buffers() const {
  constexpr std::size_t kNone = std::numeric_limits<std::size_t>::max();
  SocketBuffers out{kNone, kNone};
  // The kernel doubles what it is asked for, for its own needs (socket(7)), and says the double.
  const auto granted = [](const Socket& socket, int option) {
    return static_cast<std::size_t>(option_of(socket.descriptor, SOL_SOCKET, option).value_or(0)) /
           2;
  };
  for_each_socket([&](const Socket& socket) {
    out.receive_bytes = std::min(out.receive_bytes, granted(socket, SO_RCVBUF));
    out.send_bytes = std::min(out.send_bytes, granted(socket, SO_SNDBUF));
  });
  return out;
}

std::uint64_t UdpPort::queue_drops() const {
  std::uint64_t out = 0;
  for_each_socket([&](const Socket& socket) {
    std::array<std::uint32_t, SK_MEMINFO_VARS> values{};
    socklen_t size = sizeof values;
    getsockopt(socket.descriptor.get(), SOL_SOCKET, SO_MEMINFO, values.data(), &size);
    out += values[SK_MEMINFO_DROPS];
  });
  return out;
}

}  // namespace lanyard::platform
