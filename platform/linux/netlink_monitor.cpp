// SPDX-License-Identifier: Apache-2.0
// The kernel's notices of changed links, addresses, routes and forwarding. Their contents are not
// read: when too much changes at once the kernel drops notices anyway, so the state is always
// listed anew.
#include <array>
#include <cerrno>

#include <fcntl.h>
#include <linux/rtnetlink.h>

#include <libmnl/libmnl.h>

#include "platform/netlink.h"
#include "platform/system_error.h"

namespace lanyard::platform {

NetlinkMonitor::NetlinkMonitor(MnlSocket socket) : socket_(std::move(socket)) {}

Result<NetlinkMonitor> NetlinkMonitor::open() {
  constexpr unsigned kForwarding =
      1U << (RTNLGRP_IPV4_NETCONF - 1) | 1U << (RTNLGRP_IPV6_NETCONF - 1);
  constexpr unsigned kGroups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR |
                               RTMGRP_IPV4_ROUTE | RTMGRP_IPV6_ROUTE | kForwarding;
  MnlSocket socket(mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC | SOCK_NONBLOCK));
  if (!socket || mnl_socket_bind(socket.get(), kGroups, MNL_SOCKET_AUTOPID) != 0) {
    return system_error(errno, "changes of the network cannot be watched");
  }
  return NetlinkMonitor(std::move(socket));
}

int NetlinkMonitor::descriptor() const { return mnl_socket_get_fd(socket_.get()); }

void NetlinkMonitor::drain() {
  std::array<char, 8192> ignored;
  // ENOBUFS: notices were lost; the next read finds those that were not.
  while (mnl_socket_recvfrom(socket_.get(), ignored.data(), ignored.size()) >= 0 ||
         errno == ENOBUFS || errno == ENOSPC) {
  }
}

}  // namespace lanyard::platform
