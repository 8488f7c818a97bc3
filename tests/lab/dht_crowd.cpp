// SPDX-License-Identifier: Apache-2.0
#include "tests/lab/dht_crowd.h"

#include <doctest/doctest.h>

#include "tests/lab/dht_ground.h"

namespace lanyard::lab {
namespace {

constexpr Patience kFormPatience{20'000};
constexpr std::size_t kKnown = 8;  // of its own neighbourhood a node knows as many, if there are

std::string address(int node) { return "20.1." + std::to_string(node) + ".1"; }

}  // namespace

DhtCrowd::DhtCrowd(Lab& lab, int nodes)
    : machine_(lab.public_machine("crowd")),
      first_(std::make_unique<Dialogue>(machine_.surroundings(),
                                        std::vector<std::string>{dht_node_program()})),
      others_(machine_.surroundings(), {dht_node_program()}) {
  lab.internet().ip("route add 20.1.0.0/16 dev " + lab.interface_to(machine_));
  for (int node = 0; node < nodes; ++node) {
    machine_.space().ip("address add " + address(node) + "/32 dev eth0");
  }
  first_->told(0, "open " + endpoint(0));
  for (int node = 1; node < nodes; ++node) {
    const auto index = static_cast<std::size_t>(node - 1);
    others_.told(index, "open " + endpoint(node));
    others_.told(index, "meet " + endpoint(0));
  }
  for (int node = 1; node < nodes; ++node) {
    const auto index = static_cast<std::size_t>(node - 1);
    REQUIRE(wait_until(kFormPatience,
                       [&] { return std::stoul(others_.told(index, "count").at(0)) >= kKnown; }));
  }
}

std::vector<std::string> DhtCrowd::daemon_options() const {
  return {"--dht", "private", "--bootstrap", endpoint(0)};
}

std::string DhtCrowd::endpoint(int node) { return address(node) + ":6881"; }

}  // namespace lanyard::lab
