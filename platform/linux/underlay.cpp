// SPDX-License-Identifier: Apache-2.0
// What the node is told of the interfaces that netlink lists.
#include "platform/netlink.h"

namespace lanyard::platform {
namespace {

bool is_usable(const IpAddress& address) {
  return !address.is_unspecified() && !address.is_loopback() && !address.is_multicast() &&
         !address.is_link_local();
}

}  // namespace

node::Underlay describe_underlay(std::span<const UnderlayInterface> interfaces) {
  node::Underlay out;
  std::uint32_t smallest = 0;
  for (const UnderlayInterface& interface : interfaces) {
    bool has_usable = false;
    for (const IpPrefix& prefix : interface.addresses) {
      if (!is_usable(prefix.address)) continue;
      has_usable = true;
      out.addresses.push_back({prefix, interface.name});
    }
    if (has_usable && (smallest == 0 || interface.mtu < smallest)) smallest = interface.mtu;
  }
  if (smallest != 0) out.mtu = smallest;
  return out;
}

}  // namespace lanyard::platform
