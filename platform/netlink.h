// SPDX-License-Identifier: Apache-2.0
// Network interfaces, read and set through the kernel's routing netlink: what the underlay looks
// like, how our own devices are configured, and a signal when any of it changes.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/base/endpoint.h"
#include "core/base/mac_address.h"
#include "core/base/result.h"
#include "core/node/node.h"
#include "platform/file_descriptor.h"

struct mnl_socket;
struct nlmsghdr;

namespace lanyard::platform {

// A running interface that is neither loopback nor a TAP device of any Lanyard on this machine: a
// tunnel in a tunnel helps nobody, and two daemons would shrink each other's MTU without end.
struct UnderlayInterface {
  std::uint32_t index = 0;
  std::string name;
  std::uint32_t mtu = 0;  // bytes
  bool multicast = false;
  std::vector<IpPrefix> addresses;  // tentative and deprecated ones are left out

  bool operator==(const UnderlayInterface&) const = default;
};

// What the node is told. Link-local addresses are left out, for they mean nothing without an
// interface; the MTU is the smallest of the interfaces that then still have an address.
node::Underlay describe_underlay(std::span<const UnderlayInterface> interfaces);

struct MnlClose {
  void operator()(mnl_socket* socket) const;
};
using MnlSocket = std::unique_ptr<mnl_socket, MnlClose>;

// Requests, each answered by the kernel before the call returns (microseconds). Control thread.
class Netlink {
 public:
  static Result<Netlink> open();

  Result<void> set_link(std::uint32_t index, const MacAddress& mac, std::uint32_t mtu);
  // Marks a TAP device as no part of the underlay, for other daemons too. Before it is up.
  Result<void> mark_as_ours(std::uint32_t index);
  Result<void> set_up(std::uint32_t index);
  // Super-frames for the device have fewer bytes than that: TCP makes none that are larger, and
  // the kernel cuts those of other makers into single segments.
  Result<void> set_gso_size(std::uint32_t index, std::uint32_t bytes);
  // Whether there are other makers than this machine's own connections: an interface on top of the
  // device (a bridge, a VLAN), or others for whom this machine forwards.
  Result<bool> has_foreign_frames(std::uint32_t index);
  // Frames for the device that were lost since it was made: its queue was full, or nobody read it.
  Result<std::uint64_t> lost_frames(std::uint32_t index);
  // Exactly these: others that the device has are removed, but for IPv6 link-local ones. IPv6
  // addresses are left out where the device has no IPv6: switched off, or an MTU below 1280.
  Result<void> set_addresses(std::uint32_t index, std::span<const IpPrefix> addresses);
  Result<std::vector<UnderlayInterface>> underlay();
  // The IPv4 default route with a router that is preferred, and our address on its interface.
  std::optional<nat::Route> default_route();
  // All addresses of one interface, link-local ones included.
  Result<std::vector<IpPrefix>> addresses(std::uint32_t index);

 private:
  explicit Netlink(MnlSocket socket);

  // Sends the request and hands each answer with `data` to on_message, until the kernel is done.
  Result<void> exchange(nlmsghdr* request,
                        int (*on_message)(const nlmsghdr*, void*),
                        void* data,
                        std::string_view what);
  // All addresses of all interfaces, or of one.
  struct InterfaceAddress;
  Result<std::vector<InterfaceAddress>> list_addresses();
  Result<void> change_address(std::uint16_t type,
                              std::uint16_t flags,
                              std::uint32_t index,
                              const IpPrefix& address);

  MnlSocket socket_;
  std::uint32_t sequence_ = 0;
};

// Becomes readable when links, addresses, routes or forwarding change. Control thread.
class NetlinkMonitor {
 public:
  static Result<NetlinkMonitor> open();

  int descriptor() const;
  // Takes all that waits; what it says is read anew by Netlink::underlay().
  void drain();

 private:
  explicit NetlinkMonitor(MnlSocket socket);

  MnlSocket socket_;
};

}  // namespace lanyard::platform
