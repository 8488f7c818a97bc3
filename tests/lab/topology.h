// SPDX-License-Identifier: Apache-2.0
// The laboratory: an internet that is one router, LANs, NATs and machines, all in namespaces of the
// test's own; not even the "public" addresses (20.0.0.0/8, one /24 a site) exist outside. It builds
//
//   machine -- switch of a LAN, NAT ----.
//                                       |
//   machine -- switch of a LAN, NAT --- internet --- public machine
//
// and takes everything down when it goes, daemons first. A daemon that does not end well, as one
// does in which a sanitizer found something, fails the test.
#pragma once

#include <deque>
#include <string>
#include <vector>

#include "tests/lab/machine.h"
#include "tests/lab/network_namespace.h"

namespace lanyard::lab {

// An Ethernet segment 192.168.1.0/24, or fd00:1::/64. With a NAT (IPv4): the segment's router,
// masquerading to one public address, as nat_rules.h tells: port-restricted, port-randomising, as
// it is called there. Behind the NAT of a carrier there are two, one behind the other, both
// port-restricted. Without: a switch that leads nowhere.
struct Lan {
  enum class Uplink { nat, full_cone_nat, address_restricted_nat, stubborn_nat, carrier_nat, none };

  NetworkNamespace space;
  Family family = Family::v4;
  std::string internet_interface;  // at the internet's end, empty without uplink
  std::string public_address;      // of the NAT
  int machines = 0;
};

// Gone, with all that is in it, when this goes.
class TemporaryDirectory {
 public:
  TemporaryDirectory();
  ~TemporaryDirectory();
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

class Lab {
 public:
  Lab();
  ~Lab();
  Lab(const Lab&) = delete;
  Lab& operator=(const Lab&) = delete;

  Lan& lan(Lan::Uplink uplink, Family family = Family::v4);
  Machine& machine(const std::string& name, Lan& lan);
  Machine& public_machine(const std::string& name);

  // A public machine whose daemon is the private DHT's first node. Daemons of all machines that
  // are added after it find the DHT by it; before, there is none.
  Machine& beacon();

  // DHT messages between the two do not leave home, as if neither was told of the other by a DHT of
  // millions: in one of four nodes, everybody pings everybody, and that alone opens every NAT.
  void make_dht_strangers(const Lan& a, const Lan& b);

  // So many per thousand of all packets that cross the internet are dropped from now on.
  void drop_per_thousand(int packets);

  // Of the wire between the machine and its switch or the internet, at both ends.
  void set_mtu(const Machine& machine, int bytes) const;

  const NetworkNamespace& internet() const { return internet_; }
  // The internet's interface that leads to the machine or its NAT.
  const std::string& interface_to(const Machine& machine) const;
  const std::string& directory() const { return directory_.path(); }
  std::deque<Machine>& machines() { return machines_; }

 private:
  struct Uplink {
    const Machine* machine;
    std::string interface;
  };

  // A machine's wire: its far end.
  struct Wire {
    const Machine* machine;
    const NetworkNamespace* space;
    std::string interface;
  };

  // A /24 of the internet's: the router's end is set up, the other end has no address yet.
  struct Site {
    std::string interface;
    std::string router;   // 20.0.n.1
    std::string address;  // 20.0.n.2
  };
  Site add_site(const NetworkNamespace& space, const std::string& interface);
  Machine& add_machine(const std::string& name);
  const NetworkNamespace& add_carrier(Lan& home);

  void end_daemon(Machine& machine) const;

  TemporaryDirectory directory_;
  std::string program_;
  NetworkNamespace internet_;
  int sites_ = 0;
  std::vector<std::string> dht_options_;
  std::vector<Uplink> uplinks_;
  std::vector<Wire> wires_;
  std::deque<Lan> lans_;
  std::deque<NetworkNamespace> carriers_;
  std::deque<Machine> machines_;
};

// The program under test: $LANYARD_BIN, else the one built with the tests.
std::string program();
// The same without sanitizers, $LANYARD_BIN_RELEASE; empty if there is none.
std::string release_program();
// The one without sanitizers if there is one: where many packets or many starts are wanted.
std::string fast_program();

}  // namespace lanyard::lab
