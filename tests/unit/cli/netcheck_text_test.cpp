// SPDX-License-Identifier: Apache-2.0
#include "cli/netcheck_text.h"

#include <doctest/doctest.h>

namespace lanyard::cli {
namespace {

control::Netcheck sample() {
  control::Netcheck out;
  out.udp = {41234, 2, true, true};
  out.outside_addresses = {"20.0.1.1:41234", "[2001:db8::1]:41234"};
  out.dht.mode = "public";
  out.dht.nodes = 87;
  out.dht.answered_lately = 61;
  out.dht.ipv4 = {"5fbfbf01", 54, 40, "20.0.1.1:41234", "one-port", false};
  out.dht.ipv6 = {"1b032141", 33, 21, std::nullopt, "unknown", true};
  out.dht.traffic.bytes_received = 1'234'567;
  out.dht.traffic.bytes_sent = 890;
  out.checks = {{"dht", control::CheckState::ok, "87 nodes answered", ""},
                {"nat", control::CheckState::warning, "a port for each", "forward one"}};
  return out;
}

TEST_CASE("netcheck: the port, the DHT of each family, and what follows") {
  CHECK(netcheck_text(sample(), Colour::off) ==
        R"(UDP port 41234, IPv4 and IPv6, 2 sockets each
seen from outside as 20.0.1.1:41234 [2001:db8::1]:41234
DHT public: 87 nodes known, 61 answered within 15 min; 1.2 MB received, 890 B sent
  FAMILY  NODES  ANSWERED  SEEN AS         NAT'S PORTS    ANSWERS OTHERS     ID
  IPv4       54        40  20.0.1.1:41234  one for all    yes                5fbfbf01
  IPv6       33        21  not known yet   not known yet  no, not reachable  1b032141

ok       87 nodes answered
warning  a port for each
         forward one
1 warning
)");
}

TEST_CASE("netcheck: without a DHT, without IPv6") {
  control::Netcheck netcheck;
  netcheck.udp = {41234, 1, true, false};
  netcheck.dht.mode = "off";
  CHECK(netcheck_text(netcheck, Colour::off) ==
        "UDP port 41234, IPv4, 1 socket each\nDHT off\n\nall is well\n");
  netcheck = sample();
  netcheck.dht.ipv6.reset();
  netcheck.dht.ipv4->mapping = "port-per-destination";
  const std::string text = netcheck_text(netcheck, Colour::off);
  CHECK(text.find("one for each") != std::string::npos);
  CHECK(text.find("  IPv6") == std::string::npos);
}

TEST_CASE("netcheck: what others have chosen cannot drive the terminal") {
  control::Netcheck netcheck = sample();
  netcheck.dht.ipv4->outside = "\x1b[2J";
  netcheck.dht.ipv4->mapping = "\x1b";
  CHECK(netcheck_text(netcheck, Colour::off).find('\x1b') == std::string::npos);
}

}  // namespace
}  // namespace lanyard::cli
