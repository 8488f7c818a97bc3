// SPDX-License-Identifier: Apache-2.0
#include "cli/status_text.h"

#include <doctest/doctest.h>

namespace lanyard::cli {
namespace {

using control::MemberStatus;
using control::NetworkState;
using control::NetworkStatus;
using control::PathKind;
using control::Status;

constexpr UnixTime kNow{1'790'000'000};

MemberStatus member(std::string name, std::string address) {
  MemberStatus out;
  out.id = "id-" + name;
  out.name = std::move(name);
  out.addresses = {std::move(address), "fd12::7"};
  out.mac = "02:00:00:00:00:01";
  return out;
}

NetworkStatus home() {
  NetworkStatus network;
  network.id = "00ff00ff";
  network.name = "home";
  network.state = NetworkState::up;
  network.interface = "lanyard0";
  network.mtu = 1420;
  network.addresses = {"10.77.3.12/16", "fd12::7/64"};
  MemberStatus alice = member("alice", "10.77.3.12");
  alice.self = true;
  alice.online = true;
  MemberStatus bob = member("bob", "10.77.4.1");
  bob.online = true;
  bob.path = PathKind::direct;
  bob.endpoint = "20.0.2.2:41000";
  bob.rtt_seconds = 0.0234;
  bob.loss_ratio = 0.004;
  bob.rx_bytes = 12'400'000;
  bob.tx_bytes = 300;
  MemberStatus nas = member("nas", "10.77.9.200");
  nas.online = true;
  nas.path = PathKind::lan;
  nas.endpoint = "192.168.1.7:41000";
  nas.rtt_seconds = 0.00064;
  MemberStatus phone = member("old-phone", "10.77.8.8");
  phone.last_seen = kNow.seconds - 3 * 3600;
  MemberStatus pi = member("pi", "10.77.4.9");
  pi.online = true;
  pi.reason = "its router maps a port per destination: forward UDP 41000 there";
  network.members = {alice, bob, nas, phone, pi};
  return network;
}

TEST_CASE("a network, its members and the daemon") {
  Status status;
  status.version = "0.1.0";
  status.uptime_seconds = 11'520;
  status.port = 41234;
  status.dht.mode = "public";
  status.dht.nodes = 87;
  status.outside_addresses = {"20.0.1.1:41234"};
  status.networks = {home()};
  CHECK(status_text(status, kNow, Colour::off) ==
        R"(home   up   10.77.3.12/16   lanyard0   2 of 4 peers online
  NAME       ADDRESS      PATH                       RTT   LOSS  RECEIVED   SENT  LAST SEEN
  alice      10.77.3.12   this machine
  bob        10.77.4.1    direct 20.0.2.2:41000  23.4 ms  0.4 %   12.4 MB  300 B  now
  nas        10.77.9.200  lan 192.168.1.7:41000  0.64 ms    0 %       0 B    0 B  now
  old-phone  10.77.8.8    offline                                     0 B    0 B  3 h ago
  pi         10.77.4.9    connecting                                  0 B    0 B  never
             its router maps a port per destination: forward UDP 41000 there

daemon 0.1.0, up 3 h 12 min, UDP port 41234, DHT public with 87 nodes
seen from outside as 20.0.1.1:41234
)");
}

TEST_CASE("what the router forwards, or why it does not") {
  control::Status status;
  const auto line = [&] {
    const std::string text = status_text(status, UnixTime{}, Colour::off);
    const std::size_t at = text.find("router");
    return at == std::string::npos ? "" : text.substr(text.rfind('\n', at) + 1);
  };
  CHECK(line().empty());
  status.port_mapping.mode = "on";
  status.port_mapping.problem = "no_router";
  CHECK(line() == "no router forwards a port: there is no default route\n");
  status.port_mapping.problem = "no_answer";
  CHECK(line().find("it has not answered; allow PCP or NAT-PMP") != std::string::npos);
  status.port_mapping.problem = "refused";
  CHECK(line().find("it refuses to; allow PCP or NAT-PMP") != std::string::npos);
  status.port_mapping.problem = "of a newer daemon\x1b";
  CHECK(line().find('\x1b') == std::string::npos);
  status.port_mapping.outside = "20.0.1.1:41000";
  status.port_mapping.protocol = "pcp";
  status.port_mapping.problem = "";
  CHECK(line() == "the router forwards 20.0.1.1:41000 (pcp)\n");
  status.port_mapping.problem = "double_nat";
  CHECK(line().find("but is behind another router itself") != std::string::npos);
}

TEST_CASE("nothing yet, and networks that are not up") {
  Status status;
  status.version = "0.1.0";
  status.dht.mode = "off";
  CHECK(status_text(status, kNow, Colour::off) ==
        "no network yet: make one (lanyard up --new NAME) or join one (lanyard join TOKEN)\n\n"
        "daemon 0.1.0, up 0 s, UDP port 0, DHT off\n");

  NetworkStatus alone = home();
  alone.members.resize(1);
  NetworkStatus down = home();
  down.state = NetworkState::down;
  NetworkStatus broken = home();
  broken.state = NetworkState::error;
  broken.error = "its subnet 10.77.0.0/16 clashes with eth0";
  broken.addresses.clear();
  broken.interface.clear();
  broken.members.clear();
  status.networks = {alone, down, broken};
  CHECK(status_text(status, kNow, Colour::off) ==
        R"(home   up   10.77.3.12/16   lanyard0   no other member yet: lanyard invite
  NAME   ADDRESS     PATH          RTT  LOSS  RECEIVED  SENT  LAST SEEN
  alice  10.77.3.12  this machine

home   down   bring it up: lanyard up home

home   error: its subnet 10.77.0.0/16 clashes with eth0

daemon 0.1.0, up 0 s, UDP port 0, DHT off
)");
}

TEST_CASE("peers leaves this machine out") {
  const std::string text = peers_text(home(), kNow, Colour::off);
  CHECK(text.find("alice") == std::string::npos);
  CHECK(text.find("bob") != std::string::npos);
  NetworkStatus alone = home();
  alone.members.resize(1);
  CHECK(peers_text(alone, kNow, Colour::off) == "no other member yet: lanyard invite\n");
}

TEST_CASE("members shows all that identifies them") {
  NetworkStatus two = home();
  two.members.resize(2);
  CHECK(members_text(two, kNow, Colour::off) ==
        R"(NAME   ADDRESSES           MAC                ID        LAST SEEN
alice  10.77.3.12 fd12::7  02:00:00:00:00:01  id-alice  this machine
bob    10.77.4.1 fd12::7   02:00:00:00:00:01  id-bob    now
)");
}

TEST_CASE("paths in words") {
  CHECK(path_text(PathKind::direct, "", "20.0.2.2:41000") == "direct 20.0.2.2:41000");
  CHECK(path_text(PathKind::lan, "", "") == "lan");
  CHECK(path_text(PathKind::relay, "nas", "20.0.2.2:41000") == "relay via nas");
  CHECK(path_text(PathKind::none, "", "") == "none");
}

TEST_CASE("colour marks words and changes no other character") {
  Status status;
  status.networks = {home()};
  std::string coloured = status_text(status, kNow, Colour::on);
  CHECK(coloured.find("\033[32mup\033[0m") != std::string::npos);
  std::string stripped;
  for (std::size_t i = 0; i < coloured.size(); ++i) {
    if (coloured[i] == '\033') {
      i = coloured.find('m', i);
    } else {
      stripped += coloured[i];
    }
  }
  CHECK(stripped == status_text(status, kNow, Colour::off));
}

TEST_CASE("a hostile member name stays a name") {
  Status status;
  status.networks = {home()};
  status.networks[0].members[1].name = "bob\033]0;owned\007\nalice";
  status.networks[0].members[1].reason = "\033[2J";
  const std::string text = status_text(status, kNow, Colour::off);
  CHECK(text.find('\033') == std::string::npos);
  CHECK(text.find("bob?]0;owned??alice") != std::string::npos);
}

}  // namespace
}  // namespace lanyard::cli
