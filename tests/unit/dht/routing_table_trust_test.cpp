// SPDX-License-Identifier: Apache-2.0
// Who gets a place in the routing table where several want it: ids that fit their address (BEP 42),
// subnets, and the nodes that stay when our own id changes.
#include <algorithm>
#include <string>

#include <doctest/doctest.h>

#include "core/dht/bound_id.h"
#include "core/dht/routing_table.h"
#include "tests/unit/dht/points.h"

using namespace lanyard;
using namespace lanyard::dht;

namespace {

const NodeId kOwn = id_of(0);

bool holds(const RoutingTable& table, const Contact& node) {
  const auto all = table.closest(kOwn, 1000);
  return std::find(all.begin(), all.end(), node) != all.end();
}

// Those that share no bit with us, so that all are of one bucket; the id fits the address.
std::vector<Contact> fitting_far_nodes(std::size_t count) {
  SeededRng rng(1);
  std::vector<Contact> out;
  for (std::uint32_t n = 0; out.size() < count; ++n) {
    const Endpoint endpoint = node_endpoint(0x1000 + n);
    const NodeId id = random_id_for(endpoint.address, rng);
    if (shared_prefix_bits(id, kOwn) == 0) out.push_back({id, endpoint});
  }
  return out;
}

Contact misfit(std::uint32_t n) {
  return {id_of(static_cast<std::uint16_t>(0x8000 + n)), node_endpoint(n)};
}

}  // namespace

TEST_CASE("routing table: ids that fit push out ids that do not, never the other way round") {
  RoutingTable table(kOwn, Mode::public_);
  const auto fit = fitting_far_nodes(9);
  for (std::uint32_t n = 0; n < 8; ++n) table.add_answering(kStart, misfit(n));
  CHECK_FALSE(table.wants(kStart, misfit(20)));
  CHECK(table.wants(kStart, fit[0]));
  for (std::size_t n = 0; n < 8; ++n) table.add_answering(kStart, fit[n]);
  for (std::size_t n = 0; n < 8; ++n) CHECK(holds(table, fit[n]));
  CHECK(table.size() == 8);
  CHECK_FALSE(table.wants(kStart, fit[8]));
  table.add_answering(kStart, misfit(20));
  CHECK_FALSE(holds(table, misfit(20)));
  // A place that gets free goes to one that fits, though others have waited longer and shorter.
  table.add_answering(kStart, fit[8]);
  table.add_answering(kStart, misfit(21));
  table.note_miss(fit[0].endpoint);
  table.note_miss(fit[0].endpoint);
  CHECK(holds(table, fit[8]));
  // Better one that does not fit than one that is gone.
  table.note_miss(fit[1].endpoint);
  table.note_miss(fit[1].endpoint);
  CHECK(holds(table, misfit(21)));
}

TEST_CASE("routing table: a subnet cannot own our neighbourhood, one bucket after the other") {
  for (const char* prefix : {"20.0.0.", "2001:db8::"}) {
    RoutingTable table(kOwn, Mode::public_);
    RoutingTable own_swarm(kOwn, Mode::private_);
    for (int n = 1; n <= 16; ++n) {
      const Contact node = {id_of(static_cast<std::uint16_t>(1u << (n - 1))),
                            {address_of(prefix + std::to_string(n)), 4000}};
      CHECK(table.wants(kStart, node) == (n <= 4));
      table.add_answering(kStart, node);
      own_swarm.add_answering(kStart, node);
    }
    CHECK(table.size() == 4);
    CHECK(own_swarm.size() == 16);
  }
}

TEST_CASE("routing table: neighbours of another subnet are not counted with it") {
  RoutingTable table(kOwn, Mode::public_);
  for (const char* address : {"20.0.0.255", "20.0.0.254", "20.0.1.0", "20.0.2.0"}) {
    table.add_answering(kStart, {id_of(static_cast<std::uint16_t>(0x8000 + table.size())),
                                 {address_of(address), 1}});
  }
  CHECK(table.size() == 4);
}

TEST_CASE("routing table: all nodes stay when our id changes") {
  RoutingTable table(kOwn, Mode::private_);
  std::vector<Contact> nodes;
  for (std::uint16_t n = 0; n < 8; ++n) nodes.push_back({id_of(0x8000 + n), node_endpoint(n)});
  for (std::uint16_t n = 8; n < 16; ++n) nodes.push_back({id_of(0x4000 + n), node_endpoint(n)});
  for (const Contact& node : nodes) table.add_answering(kStart, node);
  const Instant later = kStart + minutes(20);
  table.move_to(later, id_of(0x4000));
  CHECK(table.size() == 16);
  CHECK(table.closest(id_of(0x4000), 1)[0] == nodes[8]);
  CHECK(table.next_refresh() == later + minutes(15));
  // Whoever finds no place in a bucket that has become one waits for one.
  table.move_to(later, id_of(0x0001));
  CHECK(table.size() == 16);
}
