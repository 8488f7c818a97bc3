// SPDX-License-Identifier: Apache-2.0
#include "platform/lan_multicast.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include <sys/socket.h>

#include "platform/socket_address.h"
#include "platform/system_error.h"

namespace lanyard::platform {
namespace {

// 239.255/16 stays within a site (RFC 2365 section 6.1), ff02::/16 on one link (RFC 4291 section
// 2.7); the numbers are protocol.md's, section 7.
const IpAddress kGroupV4 = IpAddress::from_v4(std::array<std::uint8_t, 4>{239, 255, 76, 89});
const IpAddress kGroupV6 =
    IpAddress::from_v6({0xff, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x76, 0x59});

// A beacon is a fifth of this.
constexpr std::size_t kLanDatagramBytes = 1500;
// Foreign datagrams that one receive() passes over at most.
constexpr int kSkipped = 64;

// Ancillary data with the interface (and the address on it) of a datagram.
struct alignas(cmsghdr) PacketInfo {
  std::array<std::uint8_t, CMSG_SPACE(sizeof(in6_pktinfo))> bytes{};
};

bool set_option(const FileDescriptor& socket, int level, int option, int value) {
  return setsockopt(socket.get(), level, option, &value, sizeof value) == 0;
}

FileDescriptor open_socket(IpFamily family) {
  const bool is_v4 = family == IpFamily::v4;
  FileDescriptor socket(
      ::socket(is_v4 ? AF_INET : AF_INET6, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket.is_open()) return {};
  // Several daemons of one machine, of several users too, share the port; each gets every beacon.
  bool is_set = set_option(socket, SOL_SOCKET, SO_REUSEADDR, 1);
  if (is_v4) {
    is_set = is_set && set_option(socket, IPPROTO_IP, IP_PKTINFO, 1) &&
             set_option(socket, IPPROTO_IP, IP_MULTICAST_TTL, 1) &&
             set_option(socket, IPPROTO_IP, IP_MULTICAST_LOOP, 1) &&
             // Only groups that this very socket has joined.
             set_option(socket, IPPROTO_IP, IP_MULTICAST_ALL, 0);
  } else {
    is_set = is_set && set_option(socket, IPPROTO_IPV6, IPV6_V6ONLY, 1) &&
             set_option(socket, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1) &&
             set_option(socket, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, 1) &&
             set_option(socket, IPPROTO_IPV6, IPV6_MULTICAST_LOOP, 1);
  }
  const SocketAddress any = to_socket_address(
      {is_v4 ? IpAddress() : IpAddress::from_v6(std::array<std::uint8_t, 16>{}), kLanPort});
  if (!is_set || bind(socket.get(), &any.generic, size_of(any)) != 0) return {};
  return socket;
}

void change_v4_membership(const FileDescriptor& socket, int option, std::uint32_t index) {
  ip_mreqn request{};
  std::memcpy(&request.imr_multiaddr, kGroupV4.bytes().data(), sizeof request.imr_multiaddr);
  request.imr_ifindex = static_cast<int>(index);
  setsockopt(socket.get(), IPPROTO_IP, option, &request, sizeof request);
}

void change_v6_membership(const FileDescriptor& socket, int option, std::uint32_t index) {
  ipv6_mreq request{};
  std::memcpy(&request.ipv6mr_multiaddr, kGroupV6.bytes().data(), sizeof request.ipv6mr_multiaddr);
  request.ipv6mr_interface = index;
  setsockopt(socket.get(), IPPROTO_IPV6, option, &request, sizeof request);
}

// Sends to the group out of one interface, from one of its addresses.
void send_from(const FileDescriptor& socket,
               std::uint32_t index,
               const IpAddress& source,
               Bytes payload) {
  SocketAddress to = to_socket_address({source.is_v4() ? kGroupV4 : kGroupV6, kLanPort});
  // sendmsg does not write through it.
  iovec part{const_cast<std::uint8_t*>(payload.data()), payload.size()};
  PacketInfo info;
  msghdr message{};
  message.msg_name = &to;
  message.msg_namelen = size_of(to);
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = info.bytes.data();
  message.msg_controllen = info.bytes.size();
  cmsghdr* header = CMSG_FIRSTHDR(&message);
  if (source.is_v4()) {
    in_pktinfo value{};
    value.ipi_ifindex = static_cast<int>(index);
    std::memcpy(&value.ipi_spec_dst, source.bytes().data(), sizeof value.ipi_spec_dst);
    *header = {CMSG_LEN(sizeof value), IPPROTO_IP, IP_PKTINFO};
    std::memcpy(CMSG_DATA(header), &value, sizeof value);
    message.msg_controllen = CMSG_SPACE(sizeof value);
  } else {
    in6_pktinfo value{};
    value.ipi6_ifindex = index;
    std::memcpy(&value.ipi6_addr, source.bytes().data(), sizeof value.ipi6_addr);
    *header = {CMSG_LEN(sizeof value), IPPROTO_IPV6, IPV6_PKTINFO};
    std::memcpy(CMSG_DATA(header), &value, sizeof value);
    message.msg_controllen = CMSG_SPACE(sizeof value);
  }
  sendmsg(socket.get(), &message, 0);
}

struct Arrival {
  std::uint32_t index = 0;
  IpAddress destination;
};

std::optional<Arrival> read_arrival(msghdr& message) {
  for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr;
       header = CMSG_NXTHDR(&message, header)) {
    if (header->cmsg_level == IPPROTO_IP && header->cmsg_type == IP_PKTINFO) {
      in_pktinfo value{};
      std::memcpy(&value, CMSG_DATA(header), sizeof value);
      return Arrival{static_cast<std::uint32_t>(value.ipi_ifindex), to_address(value.ipi_addr)};
    }
    if (header->cmsg_level == IPPROTO_IPV6 && header->cmsg_type == IPV6_PKTINFO) {
      in6_pktinfo value{};
      std::memcpy(&value, CMSG_DATA(header), sizeof value);
      return Arrival{value.ipi6_ifindex, to_address(value.ipi6_addr)};
    }
  }
  return std::nullopt;
}

}  // namespace

Result<LanMulticast> LanMulticast::open() {
  LanMulticast out;
  out.received_.resize(kLanDatagramBytes);
  out.v4_ = open_socket(IpFamily::v4);
  const int reason = errno;
  out.v6_ = open_socket(IpFamily::v6);
  if (!out.v4_.is_open() && !out.v6_.is_open()) {
    return system_error(reason, "members on the same wire cannot be found by multicast");
  }
  return out;
}

int LanMulticast::descriptor(IpFamily family) const {
  return family == IpFamily::v4 ? v4_.get() : v6_.get();
}

void LanMulticast::set_interfaces(std::span<const UnderlayInterface> interfaces) {
  std::vector<Membership> wanted;
  for (const UnderlayInterface& interface : interfaces) {
    if (!interface.multicast) continue;
    Membership membership{interface.index, {}, {}};
    for (const IpPrefix& prefix : interface.addresses) {
      const IpAddress& address = prefix.address;
      if (address.is_v4() && !membership.v4_source) membership.v4_source = address;
      if (!address.is_v4() && !address.is_link_local() && !membership.v6_source) {
        membership.v6_source = address;
      }
    }
    wanted.push_back(membership);
  }
  const auto has = [](const std::vector<Membership>& list, const Membership& entry) {
    return std::find(list.begin(), list.end(), entry) != list.end();
  };
  for (const Membership& old : memberships_) {
    if (!has(wanted, old)) leave(old);
  }
  for (const Membership& entry : wanted) {
    if (!has(memberships_, entry)) join(entry);
  }
  memberships_ = std::move(wanted);
}

void LanMulticast::send(Bytes payload) const {
  for (const Membership& membership : memberships_) {
    if (membership.v4_source) send_from(v4_, membership.index, *membership.v4_source, payload);
    if (membership.v6_source) send_from(v6_, membership.index, *membership.v6_source, payload);
  }
}

std::optional<LanDatagram> LanMulticast::receive(IpFamily family) {
  for (int i = 0; i < kSkipped; ++i) {
    SocketAddress from{};
    iovec part{received_.data(), received_.size()};
    PacketInfo info;
    msghdr message{};
    message.msg_name = &from;
    message.msg_namelen = sizeof from;
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = info.bytes.data();
    message.msg_controllen = info.bytes.size();
    const ssize_t size = recvmsg(descriptor(family), &message, 0);
    if (size < 0) return std::nullopt;
    const auto arrival = read_arrival(message);
    // Datagrams to our own address, or through interfaces on which others have joined, are not
    // from a wire that we look for members on.
    if (!arrival || (message.msg_flags & MSG_TRUNC) != 0 || !is_member(arrival->index)) continue;
    if (arrival->destination != (family == IpFamily::v4 ? kGroupV4 : kGroupV6)) continue;
    return LanDatagram{to_endpoint(from), Bytes(received_).first(static_cast<std::size_t>(size))};
  }
  return std::nullopt;
}

// Joining twice, or where a family is missing, is refused by the kernel and means nothing.
void LanMulticast::join(const Membership& membership) const {
  change_v4_membership(v4_, IP_ADD_MEMBERSHIP, membership.index);
  change_v6_membership(v6_, IPV6_JOIN_GROUP, membership.index);
}

void LanMulticast::leave(const Membership& membership) const {
  change_v4_membership(v4_, IP_DROP_MEMBERSHIP, membership.index);
  change_v6_membership(v6_, IPV6_LEAVE_GROUP, membership.index);
}

bool LanMulticast::is_member(std::uint32_t index) const {
  return std::any_of(memberships_.begin(), memberships_.end(),
                     [&](const Membership& entry) { return entry.index == index; });
}

}  // namespace lanyard::platform
