// SPDX-License-Identifier: Apache-2.0
// Endpoints as the system's socket addresses, and back.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include "core/base/endpoint.h"

namespace lanyard::platform {

// An address of either family, with room for both.
union SocketAddress {
  sockaddr generic;
  sockaddr_in v4;
  sockaddr_in6 v6;
};

SocketAddress to_socket_address(const Endpoint& endpoint);
socklen_t size_of(const SocketAddress& address);
// The family must be one of the two.
Endpoint to_endpoint(const SocketAddress& address);

IpAddress to_address(const in_addr& address);
IpAddress to_address(const in6_addr& address);

}  // namespace lanyard::platform
