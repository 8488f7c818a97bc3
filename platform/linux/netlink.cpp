// SPDX-License-Identifier: Apache-2.0
// Requests to rtnetlink (rtnetlink(7)), built and read with libmnl.
#include "platform/netlink.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <map>

#include <linux/if_addr.h>
#include <linux/netconf.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <libmnl/libmnl.h>

#include "platform/system_error.h"

namespace lanyard::platform {
namespace {

// Larger than any answer: the kernel fills at most 32 KiB when it lists.
constexpr std::size_t kAnswerBytes = 32 * 1024;
// Our requests have a handful of attributes.
constexpr std::size_t kRequestBytes = 512;
// How a TAP device of ours is known: its alias, which `ip link` shows to people as well.
constexpr char kOwnAlias[] = "Lanyard network";
constexpr std::string_view kRightsHint =
    "run the daemon as root or give it the capability CAP_NET_ADMIN";

class Request {
 public:
  Request(std::uint16_t type, std::uint16_t flags) {
    header_ = mnl_nlmsg_put_header(buffer_.data());
    header_->nlmsg_type = type;
    header_->nlmsg_flags = static_cast<std::uint16_t>(NLM_F_REQUEST | flags);
  }

  template <typename Family>
  Family& family_header() {
    return *static_cast<Family*>(mnl_nlmsg_put_extra_header(header_, sizeof(Family)));
  }
  nlmsghdr* get() { return header_; }

 private:
  alignas(nlmsghdr) std::array<std::uint8_t, kRequestBytes> buffer_{};
  nlmsghdr* header_;
};

IpAddress read_address(const nlattr* attribute) {
  const Bytes bytes(static_cast<const std::uint8_t*>(mnl_attr_get_payload(attribute)),
                    mnl_attr_get_payload_len(attribute));
  return IpAddress::from_bytes(bytes).value_or(IpAddress());
}

// visit(const nlattr*) for each attribute behind the family's header.
template <typename FamilyHeader, typename Visit>
void for_each_attribute(const nlmsghdr* message, Visit visit) {
  const auto call = [](const nlattr* attribute, void* data) {
    (*static_cast<Visit*>(data))(attribute);
    return MNL_CB_OK;
  };
  mnl_attr_parse(message, sizeof(FamilyHeader), call, &visit);
}

int on_link(const nlmsghdr* message, void* data) {
  const auto* header = static_cast<const ifinfomsg*>(mnl_nlmsg_get_payload(message));
  if ((header->ifi_flags & IFF_LOOPBACK) != 0) return MNL_CB_OK;
  if ((header->ifi_flags & IFF_UP) == 0 || (header->ifi_flags & IFF_RUNNING) == 0) return MNL_CB_OK;
  UnderlayInterface link;
  link.index = static_cast<std::uint32_t>(header->ifi_index);
  link.multicast = (header->ifi_flags & IFF_MULTICAST) != 0;
  bool is_ours = false;
  for_each_attribute<ifinfomsg>(message, [&](const nlattr* attribute) {
    const int type = mnl_attr_get_type(attribute);
    if (type == IFLA_IFNAME) link.name = mnl_attr_get_str(attribute);
    if (type == IFLA_MTU) link.mtu = mnl_attr_get_u32(attribute);
    if (type == IFLA_IFALIAS) is_ours = std::string_view(mnl_attr_get_str(attribute)) == kOwnAlias;
  });
  if (is_ours) return MNL_CB_OK;
  static_cast<std::vector<UnderlayInterface>*>(data)->push_back(std::move(link));
  return MNL_CB_OK;
}

struct ForeignFrames {
  std::uint32_t index = 0;  // of the device that is asked about
  bool is_found = false;
};

int on_possible_upper(const nlmsghdr* message, void* data) {
  const auto* header = static_cast<const ifinfomsg*>(mnl_nlmsg_get_payload(message));
  auto& foreign = *static_cast<ForeignFrames*>(data);
  const bool is_device = static_cast<std::uint32_t>(header->ifi_index) == foreign.index;
  std::uint32_t link = 0;
  bool is_link_elsewhere = false;
  for_each_attribute<ifinfomsg>(message, [&](const nlattr* attribute) {
    const int type = mnl_attr_get_type(attribute);
    if (type == IFLA_MASTER && is_device) foreign.is_found = true;
    if (type == IFLA_LINK) link = mnl_attr_get_u32(attribute);
    // The number is one of another network namespace.
    if (type == IFLA_LINK_NETNSID) is_link_elsewhere = true;
  });
  if (!is_device && !is_link_elsewhere && link == foreign.index) foreign.is_found = true;
  return MNL_CB_OK;
}

int on_statistics(const nlmsghdr* message, void* data) {
  for_each_attribute<ifinfomsg>(message, [&](const nlattr* attribute) {
    if (mnl_attr_get_type(attribute) != IFLA_STATS64) return;
    rtnl_link_stats64 statistics{};
    const std::size_t size = mnl_attr_get_payload_len(attribute);
    std::memcpy(&statistics, mnl_attr_get_payload(attribute), std::min(size, sizeof statistics));
    *static_cast<std::uint64_t*>(data) = statistics.tx_dropped;
  });
  return MNL_CB_OK;
}

int on_forwarding(const nlmsghdr* message, void* data) {
  for_each_attribute<netconfmsg>(message, [&](const nlattr* attribute) {
    if (mnl_attr_get_type(attribute) == NETCONFA_FORWARDING && mnl_attr_get_u32(attribute) != 0) {
      static_cast<ForeignFrames*>(data)->is_found = true;
    }
  });
  return MNL_CB_OK;
}

struct DefaultRoute {
  std::uint32_t index = 0;
  std::uint32_t metric = 0;
  std::optional<IpAddress> router;
  std::optional<IpAddress> own;  // where the route says from where it is used
};

int on_route(const nlmsghdr* message, void* data) {
  const auto* header = static_cast<const rtmsg*>(mnl_nlmsg_get_payload(message));
  auto& best = *static_cast<DefaultRoute*>(data);
  if (header->rtm_dst_len != 0 || header->rtm_table != RT_TABLE_MAIN) return MNL_CB_OK;
  if (header->rtm_type != RTN_UNICAST) return MNL_CB_OK;
  DefaultRoute route;
  for_each_attribute<rtmsg>(message, [&](const nlattr* attribute) {
    const int type = mnl_attr_get_type(attribute);
    if (type == RTA_GATEWAY) route.router = read_address(attribute);
    if (type == RTA_PREFSRC) route.own = read_address(attribute);
    if (type == RTA_OIF) route.index = mnl_attr_get_u32(attribute);
    if (type == RTA_PRIORITY) route.metric = mnl_attr_get_u32(attribute);
  });
  if (route.router && (!best.router || route.metric < best.metric)) best = route;
  return MNL_CB_OK;
}

}  // namespace

struct Netlink::InterfaceAddress {
  std::uint32_t index = 0;
  std::uint32_t flags = 0;  // IFA_F_...
  IpPrefix prefix;
};

namespace {

template <typename InterfaceAddress>
int on_address(const nlmsghdr* message, void* data) {
  const auto* header = static_cast<const ifaddrmsg*>(mnl_nlmsg_get_payload(message));
  InterfaceAddress out;
  out.index = header->ifa_index;
  out.flags = header->ifa_flags;
  out.prefix.length = header->ifa_prefixlen;
  bool is_local_known = false;
  for_each_attribute<ifaddrmsg>(message, [&](const nlattr* attribute) {
    const int type = mnl_attr_get_type(attribute);
    // On a point-to-point link IFA_ADDRESS is the other end's.
    if (type == IFA_LOCAL || (type == IFA_ADDRESS && !is_local_known)) {
      out.prefix.address = read_address(attribute);
      is_local_known = type == IFA_LOCAL;
    }
    if (type == IFA_FLAGS) out.flags = mnl_attr_get_u32(attribute);
  });
  static_cast<std::vector<InterfaceAddress>*>(data)->push_back(out);
  return MNL_CB_OK;
}

bool is_link_local_v6(const IpAddress& address) {
  return !address.is_v4() && address.is_link_local();
}

}  // namespace

void MnlClose::operator()(mnl_socket* socket) const { mnl_socket_close(socket); }

Netlink::Netlink(MnlSocket socket) : socket_(std::move(socket)) {}

Result<Netlink> Netlink::open() {
  MnlSocket socket(mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC));
  if (!socket || mnl_socket_bind(socket.get(), 0, MNL_SOCKET_AUTOPID) != 0) {
    return system_error(errno, "the kernel's network settings cannot be reached");
  }
  // The kernel answers before the request has returned; this only bounds what cannot happen.
  const timeval patience{1, 0};
  const int descriptor = mnl_socket_get_fd(socket.get());
  setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  return Netlink(std::move(socket));
}

Result<void> Netlink::exchange(nlmsghdr* request,
                               int (*on_message)(const nlmsghdr*, void*),
                               void* data,
                               std::string_view what) {
  const std::uint32_t sequence = ++sequence_;
  request->nlmsg_seq = sequence;
  if (mnl_socket_sendto(socket_.get(), request, request->nlmsg_len) < 0) {
    return system_error(errno, what, kRightsHint);
  }
  alignas(nlmsghdr) std::array<char, kAnswerBytes> answer;
  while (true) {
    const ssize_t size = mnl_socket_recvfrom(socket_.get(), answer.data(), answer.size());
    if (size < 0) return system_error(errno, what, kRightsHint);
    const int outcome = mnl_cb_run(answer.data(), static_cast<std::size_t>(size), sequence,
                                   mnl_socket_get_portid(socket_.get()), on_message, data);
    if (outcome == MNL_CB_STOP) return {};
    if (outcome < 0) {
      // What is left of the answer to an earlier request that failed half-way.
      if (errno == EPROTO) continue;
      return system_error(errno, what, kRightsHint);
    }
  }
}

Result<void> Netlink::set_link(std::uint32_t index, const MacAddress& mac, std::uint32_t mtu) {
  Request request(RTM_NEWLINK, NLM_F_ACK);
  request.family_header<ifinfomsg>().ifi_index = static_cast<int>(index);
  mnl_attr_put(request.get(), IFLA_ADDRESS, mac.octets.size(), mac.octets.data());
  mnl_attr_put_u32(request.get(), IFLA_MTU, mtu);
  return exchange(request.get(), nullptr, nullptr, "the device's MAC address and MTU were not set");
}

Result<void> Netlink::mark_as_ours(std::uint32_t index) {
  Request request(RTM_NEWLINK, NLM_F_ACK);
  request.family_header<ifinfomsg>().ifi_index = static_cast<int>(index);
  mnl_attr_put_str(request.get(), IFLA_IFALIAS, kOwnAlias);
  return exchange(request.get(), nullptr, nullptr, "the device could not be marked");
}

Result<void> Netlink::set_up(std::uint32_t index) {
  Request request(RTM_NEWLINK, NLM_F_ACK);
  auto& header = request.family_header<ifinfomsg>();
  header.ifi_index = static_cast<int>(index);
  header.ifi_flags = IFF_UP;
  header.ifi_change = IFF_UP;
  return exchange(request.get(), nullptr, nullptr, "the device could not be brought up");
}

Result<void> Netlink::set_gso_size(std::uint32_t index, std::uint32_t bytes) {
  Request request(RTM_NEWLINK, NLM_F_ACK);
  request.family_header<ifinfomsg>().ifi_index = static_cast<int>(index);
  mnl_attr_put_u32(request.get(), IFLA_GSO_MAX_SIZE, bytes);
  return exchange(request.get(), nullptr, nullptr, "the device's super-frames were not limited");
}

Result<bool> Netlink::has_foreign_frames(std::uint32_t index) {
  Request links(RTM_GETLINK, NLM_F_DUMP);
  links.family_header<ifinfomsg>().ifi_family = AF_UNSPEC;
  ForeignFrames foreign{index};
  const auto done =
      exchange(links.get(), on_possible_upper, &foreign, "the interfaces could not be listed");
  if (!done) return done.error();
  for (const int family : {AF_INET, AF_INET6}) {
    Request settings(RTM_GETNETCONF, NLM_F_DUMP);
    settings.family_header<netconfmsg>().ncm_family = static_cast<std::uint8_t>(family);
    // A family that the system lacks is not forwarded.
    static_cast<void>(exchange(settings.get(), on_forwarding, &foreign, {}));
  }
  return foreign.is_found;
}

Result<std::uint64_t> Netlink::lost_frames(std::uint32_t index) {
  Request request(RTM_GETLINK, NLM_F_ACK);
  request.family_header<ifinfomsg>().ifi_index = static_cast<int>(index);
  std::uint64_t out = 0;
  const auto done = exchange(request.get(), on_statistics, &out, "the device could not be read");
  if (!done) return done.error();
  return out;
}

Result<std::vector<Netlink::InterfaceAddress>> Netlink::list_addresses() {
  Request request(RTM_GETADDR, NLM_F_DUMP);
  request.family_header<ifaddrmsg>().ifa_family = AF_UNSPEC;
  std::vector<InterfaceAddress> out;
  const auto done = exchange(request.get(), on_address<InterfaceAddress>, &out,
                             "the addresses could not be listed");
  if (!done) return done.error();
  return out;
}

Result<void> Netlink::change_address(std::uint16_t type,
                                     std::uint16_t flags,
                                     std::uint32_t index,
                                     const IpPrefix& address) {
  Request request(type, static_cast<std::uint16_t>(NLM_F_ACK | flags));
  auto& header = request.family_header<ifaddrmsg>();
  header.ifa_family = address.address.is_v4() ? AF_INET : AF_INET6;
  header.ifa_prefixlen = address.length;
  header.ifa_index = index;
  const Bytes bytes = address.address.bytes();
  mnl_attr_put(request.get(), IFA_LOCAL, bytes.size(), bytes.data());
  mnl_attr_put(request.get(), IFA_ADDRESS, bytes.size(), bytes.data());
  if (address.address.is_v4()) {
    if (address.length < 31) {  // RFC 3021: a /31 has no broadcast address
      const std::uint32_t hosts = 0xffffffffU >> address.length;
      const IpAddress broadcast = IpAddress::from_v4(address.address.v4_host_order() | hosts);
      mnl_attr_put(request.get(), IFA_BROADCAST, 4, broadcast.bytes().data());
    }
  } else {
    // No duplicate address detection: the address is made from our key, and a second's wait for
    // nothing would delay the first packet.
    mnl_attr_put_u32(request.get(), IFA_FLAGS, IFA_F_NODAD);
  }
  return exchange(request.get(), nullptr, nullptr,
                  "the address " + address.to_string() + " could not be changed");
}

Result<void> Netlink::set_addresses(std::uint32_t index, std::span<const IpPrefix> addresses) {
  const auto present = list_addresses();
  if (!present) return present.error();
  std::vector<IpPrefix> kept;
  for (const InterfaceAddress& entry : *present) {
    if (entry.index != index || is_link_local_v6(entry.prefix.address)) continue;
    if (std::find(addresses.begin(), addresses.end(), entry.prefix) != addresses.end()) {
      kept.push_back(entry.prefix);
      continue;
    }
    const auto removed = change_address(RTM_DELADDR, 0, index, entry.prefix);
    // Removing an IPv4 address removes the secondary ones of its subnet with it.
    if (!removed && removed.error().code == Errc::permission) return removed.error();
  }
  for (const IpPrefix& address : addresses) {
    if (std::find(kept.begin(), kept.end(), address) != kept.end()) continue;
    const auto added = change_address(RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE, index, address);
    if (!added && address.address.is_v4()) return added.error();
  }
  return {};
}

Result<std::vector<UnderlayInterface>> Netlink::underlay() {
  Request request(RTM_GETLINK, NLM_F_DUMP);
  request.family_header<ifinfomsg>().ifi_family = AF_UNSPEC;
  std::vector<UnderlayInterface> links;
  const auto done = exchange(request.get(), on_link, &links, "the interfaces could not be listed");
  if (!done) return done.error();
  const auto addresses = list_addresses();
  if (!addresses) return addresses.error();

  std::map<std::uint32_t, UnderlayInterface> by_index;
  for (UnderlayInterface& link : links) by_index.emplace(link.index, std::move(link));
  constexpr std::uint32_t kUnusable = IFA_F_TENTATIVE | IFA_F_DADFAILED | IFA_F_DEPRECATED;
  for (const InterfaceAddress& entry : *addresses) {
    const auto found = by_index.find(entry.index);
    if (found == by_index.end() || (entry.flags & kUnusable) != 0) continue;
    found->second.addresses.push_back(entry.prefix);
  }
  std::vector<UnderlayInterface> out;
  for (auto& [index, interface] : by_index) out.push_back(std::move(interface));
  return out;
}

std::optional<nat::Route> Netlink::default_route() {
  Request request(RTM_GETROUTE, NLM_F_DUMP);
  request.family_header<rtmsg>().rtm_family = AF_INET;
  DefaultRoute route;
  if (!exchange(request.get(), on_route, &route, "the routes could not be listed")) return {};
  if (!route.router) return {};
  if (route.own) return nat::Route{*route.router, *route.own};
  const auto own = addresses(route.index);
  if (!own) return {};
  for (const IpPrefix& prefix : *own) {
    if (prefix.contains(*route.router)) return nat::Route{*route.router, prefix.address};
  }
  return {};
}

Result<std::vector<IpPrefix>> Netlink::addresses(std::uint32_t index) {
  const auto all = list_addresses();
  if (!all) return all.error();
  std::vector<IpPrefix> out;
  for (const InterfaceAddress& entry : *all) {
    if (entry.index == index) out.push_back(entry.prefix);
  }
  return out;
}

}  // namespace lanyard::platform
