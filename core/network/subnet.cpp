// SPDX-License-Identifier: Apache-2.0
#include "core/network/subnet.h"

#include <algorithm>

#include "core/base/endian.h"

namespace lanyard::network {

namespace {

// 10.64.0.0/10 in /16s: clear of 10.0/16 and its neighbours, which routers and companies use most.
constexpr std::uint32_t kFirstCandidate = 10U << 24 | 64U << 16;
constexpr std::uint32_t kCandidates = 64;
constexpr std::uint8_t kCandidateLength = 16;

IpPrefix candidate(std::uint32_t n) {
  return {IpAddress::from_v4(kFirstCandidate + (n << 16)), kCandidateLength};
}

// Inside the candidates' range: Podman's default network, Kubernetes' default service range.
bool is_popular(const IpPrefix& prefix) {
  const IpPrefix podman = {IpAddress::from_v4(10U << 24 | 88U << 16), 16};
  const IpPrefix kubernetes = {IpAddress::from_v4(10U << 24 | 96U << 16), 12};
  return prefix.overlaps(podman) || prefix.overlaps(kubernetes);
}

}  // namespace

bool is_subnet(const IpPrefix& prefix) {
  if (!prefix.address.is_v4() || prefix.length < kShortestSubnet ||
      prefix.length > kLongestSubnet || prefix != prefix.network()) {
    return false;
  }
  const std::uint32_t top = prefix.address.v4_host_order() >> 24;
  return top != 0 && top != 127 && top < 224;  // RFC 6890: this host, loopback, multicast
}

Result<IpPrefix> parse_subnet(std::string_view text) {
  const auto parsed = IpPrefix::parse(text);
  if (parsed && is_subnet(parsed->network())) return parsed->network();
  return make_error(Errc::invalid, "this is no IPv4 subnet for a network",
                    "give one like 10.77.0.0/16, with a length from 8 to 29");
}

IpPrefix choose_subnet(const NetworkId& network, const std::vector<IpPrefix>& local) {
  const std::uint32_t begin = load_be<std::uint32_t>(network.bytes.data()) % kCandidates;
  std::optional<IpPrefix> first;
  for (std::uint32_t i = 0; i < kCandidates; ++i) {
    const IpPrefix subnet = candidate((begin + i) % kCandidates);
    if (is_popular(subnet)) continue;
    if (!find_clash(subnet, local)) return subnet;
    if (!first) first = subnet;
  }
  return *first;
}

std::optional<IpPrefix> find_clash(const IpPrefix& subnet, const std::vector<IpPrefix>& local) {
  // A default route is listed by some systems as 0.0.0.0/0; it takes no address away.
  const auto it = std::find_if(local.begin(), local.end(), [&subnet](const IpPrefix& prefix) {
    return prefix.length != 0 && prefix.overlaps(subnet);
  });
  if (it == local.end()) return std::nullopt;
  return *it;
}

}  // namespace lanyard::network
