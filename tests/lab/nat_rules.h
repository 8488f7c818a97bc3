// SPDX-License-Identifier: Apache-2.0
// Rules for nftables that make a router one of the NATs there are, in the words of RFC 4787: how it
// maps (one port for all destinations, EIM, or another for each, APDM), and whom it lets in again
// (everybody, EIF; hosts that were sent to, ADF; just their ports, APDF). "lan" is the inside and
// "wan" the outside; nothing else comes in.
#pragma once

#include <string>

namespace lanyard::lab {

enum class NatKind {
  full_cone,           // EIM, EIF
  address_restricted,  // EIM, ADF
  port_restricted,     // EIM, APDF: what Linux makes by itself
  port_randomising,    // APDM, APDF
};

std::string nat_rules(NatKind kind);
// A firewall on the machine itself: no NAT, and nothing comes in over eth0 that was not asked for.
std::string firewall_rules();

}  // namespace lanyard::lab
