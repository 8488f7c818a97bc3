// SPDX-License-Identifier: Apache-2.0
#include "platform/socket_address.h"

#include <cstring>

namespace lanyard::platform {

SocketAddress to_socket_address(const Endpoint& endpoint) {
  SocketAddress out{};
  const Bytes bytes = endpoint.address.bytes();
  if (endpoint.address.is_v4()) {
    out.v4.sin_family = AF_INET;
    out.v4.sin_port = htons(endpoint.port);
    std::memcpy(&out.v4.sin_addr, bytes.data(), bytes.size());
  } else {
    out.v6 = sockaddr_in6{};
    out.v6.sin6_family = AF_INET6;
    out.v6.sin6_port = htons(endpoint.port);
    std::memcpy(&out.v6.sin6_addr, bytes.data(), bytes.size());
  }
  return out;
}

socklen_t size_of(const SocketAddress& address) {
  return address.generic.sa_family == AF_INET ? sizeof(sockaddr_in) : sizeof(sockaddr_in6);
}

Endpoint to_endpoint(const SocketAddress& address) {
  if (address.generic.sa_family == AF_INET) {
    return {to_address(address.v4.sin_addr), ntohs(address.v4.sin_port)};
  }
  return {to_address(address.v6.sin6_addr), ntohs(address.v6.sin6_port)};
}

IpAddress to_address(const in_addr& address) { return IpAddress::from_v4(ntohl(address.s_addr)); }

IpAddress to_address(const in6_addr& address) {
  std::array<std::uint8_t, 16> bytes{};
  std::memcpy(bytes.data(), address.s6_addr, bytes.size());
  return IpAddress::from_v6(bytes);
}

}  // namespace lanyard::platform
