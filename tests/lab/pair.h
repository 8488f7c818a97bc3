// SPDX-License-Identifier: Apache-2.0
// Two machines on one wire and one network, "lab": the smallest laboratory for what is about
// packets and not about how members find each other.
#pragma once

#include <string>
#include <vector>

#include "tests/lab/story.h"
#include "tests/lab/traffic.h"

namespace lanyard::lab {

struct Wire {
  Family family = Family::v4;
  int mtu = 1500;
};

class Pair {
 public:
  // The daemons run, with these options, and reach each other.
  Pair(const std::string& program, const Wire& wire, const std::vector<std::string>& options = {});

  Lab& lab() { return lab_; }
  Lan& lan() { return lan_; }
  Machine& alice() { return alice_; }
  Machine& bob() { return bob_; }
  const std::string& address_of(const Machine& machine, Family family) const;
  // Of addresses inside the network: an underlay whose MTU leaves less than 1,280 bytes to packets
  // leaves no IPv6 (RFC 8200 section 5).
  const std::vector<Family>& families() const { return families_; }

  // The same members, with other options.
  void restart(const std::vector<std::string>& options_of_alice,
               const std::vector<std::string>& options_of_bob);

 private:
  struct Addresses {
    std::string v4;
    std::string v6;
  };
  static Addresses addresses_of(const Machine& machine);

  void must_meet();

  Lab lab_;
  Lan& lan_;
  Machine& alice_;
  Machine& bob_;
  Addresses alice_addresses_;
  Addresses bob_addresses_;
  std::vector<Family> families_{Family::v4};
};

// TCP and UDP, both ways: all of it must arrive whole and in order. An end is a machine and the
// address of it that the other talks to.
struct End {
  const Machine& machine;
  std::string address;
};
void must_carry_everything(const End& near, const End& far, std::uint64_t bytes);
// In all families of the pair.
void must_carry_everything(Pair& pair, std::uint64_t bytes);

}  // namespace lanyard::lab
