// SPDX-License-Identifier: Apache-2.0
#include "cli/netcheck_text.h"

#include <optional>
#include <string_view>

#include "cli/checks_text.h"

namespace lanyard::cli {
namespace {

using control::DhtFamilyStatus;
using control::DhtStatus;
using control::Netcheck;

std::string_view port_text(std::string_view mapping) {
  if (mapping == "one-port") return "one for all";
  if (mapping == "port-per-destination") return "one for each";
  return "not known yet";
}

void add_family(Table& table, std::string_view name, const std::optional<DhtFamilyStatus>& family) {
  if (!family) return;
  table.add_row({{std::string(name), Paint::strong},
                 {std::to_string(family->nodes)},
                 {std::to_string(family->answered_lately),
                  family->answered_lately > 0 ? Paint::good : Paint::warning},
                 {family->outside ? printable(*family->outside) : "not known yet"},
                 {std::string(port_text(family->mapping))},
                 {family->read_only ? "no, not reachable" : "yes"},
                 {printable(family->id), Paint::faint}});
}

std::string udp_text(const Netcheck& netcheck) {
  std::string out = "UDP port " + std::to_string(netcheck.udp.port);
  if (netcheck.udp.ipv4) out += ", IPv4";
  if (netcheck.udp.ipv6) out += netcheck.udp.ipv4 ? " and IPv6" : ", IPv6";
  out += ", " + count_of(netcheck.udp.sockets, "socket", "sockets") + " each\n";
  if (netcheck.outside_addresses.empty()) return out;
  out += "seen from outside as";
  for (const std::string& address : netcheck.outside_addresses) out += " " + printable(address);
  return out + "\n";
}

std::string dht_text(const DhtStatus& dht, Colour colour) {
  std::string out = "DHT " + printable(dht.mode);
  if (dht.mode == "off") return out + "\n";
  out += ": " + count_of(dht.nodes, "node", "nodes") + " known, " +
         std::to_string(dht.answered_lately) + " answered within 15 min; " +
         format_bytes(dht.traffic.bytes_received) + " received, " +
         format_bytes(dht.traffic.bytes_sent) + " sent\n";
  Table table({{"FAMILY"},
               {"NODES", Align::right},
               {"ANSWERED", Align::right},
               {"SEEN AS"},
               {"NAT'S PORTS"},
               {"ANSWERS OTHERS"},
               {"ID"}});
  add_family(table, "IPv4", dht.ipv4);
  add_family(table, "IPv6", dht.ipv6);
  return table.empty() ? out : out + table.render("  ", colour);
}

}  // namespace

std::string netcheck_text(const Netcheck& netcheck, Colour colour) {
  return udp_text(netcheck) + dht_text(netcheck.dht, colour) + "\n" +
         checks_text(netcheck.checks, colour);
}

}  // namespace lanyard::cli
