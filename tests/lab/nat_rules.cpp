// SPDX-License-Identifier: Apache-2.0
#include "tests/lab/nat_rules.h"

namespace lanyard::lab {
namespace {

// Which host inside has which port, since it sent from there.
constexpr const char* kRemember = R"(
table ip remembered {
  map owners { type inet_service : ipv4_addr; flags dynamic,timeout; }
  set asked { type inet_service . ipv4_addr; flags dynamic,timeout; }
  chain through {
    type filter hook forward priority filter - 1;
    iifname "lan" meta l4proto udp update @owners { udp sport timeout 300s : ip saddr }
    iifname "lan" meta l4proto udp update @asked { udp sport . ip daddr timeout 300s }
  }
  chain incoming {
    type nat hook prerouting priority dstnat;
)";
constexpr const char* kRememberEnd = R"(
  }
}
)";

constexpr const char* kAnybody =
    R"(    iifname "wan" meta l4proto udp dnat to udp dport map @owners)";
constexpr const char* kHostsThatWereAsked =
    R"(    iifname "wan" udp dport . ip saddr @asked dnat to udp dport map @owners)";

constexpr const char* kMasquerade = R"(
table ip nat {
  chain outgoing {
    type nat hook postrouting priority srcnat;
    oifname "wan" masquerade
  }
  chain incoming {
    type filter hook input priority filter;
    # Dropped, not refused: an answer would tell on the router and upset hole punching.
    iifname "wan" ct state new drop
  }
  chain through {
    type filter hook forward priority filter; policy drop;
    iifname "lan" accept
    ct status dnat accept
    ct state established,related accept
  }
}
)";

// Comes before the others. Another random port for each connection.
constexpr const char* kRandomise = R"(
table ip stubborn {
  chain outgoing {
    type nat hook postrouting priority srcnat - 1;
    oifname "wan" masquerade fully-random
  }
}
)";

}  // namespace

std::string nat_rules(NatKind kind) {
  const std::string remember = kRemember;
  switch (kind) {
    case NatKind::full_cone: return remember + kAnybody + kRememberEnd + kMasquerade;
    case NatKind::address_restricted:
      return remember + kHostsThatWereAsked + kRememberEnd + kMasquerade;
    case NatKind::port_restricted: break;
    case NatKind::port_randomising: return std::string(kMasquerade) + kRandomise;
  }
  return kMasquerade;
}

std::string firewall_rules() {
  return R"(
table ip firewall {
  chain incoming {
    type filter hook input priority filter;
    iifname "eth0" ct state new drop
  }
}
)";
}

}  // namespace lanyard::lab
