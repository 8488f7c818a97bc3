// SPDX-License-Identifier: Apache-2.0
#include "core/dht/routing_table.h"

#include <algorithm>
#include <map>
#include <set>

#include <doctest/doctest.h>

#include "tests/unit/dht/points.h"

using namespace lanyard;
using namespace lanyard::dht;

namespace {

const NodeId kOwn = id_of(0);

// All with a first bit of one share a bucket.
Contact far_node(std::uint32_t n) {
  return {id_of(static_cast<std::uint16_t>(0x8000 + n)), node_endpoint(n)};
}

RoutingTable full_bucket(Instant now) {
  RoutingTable table(kOwn, Mode::public_);
  for (std::uint32_t n = 0; n < 8; ++n) table.add_answering(now, far_node(n));
  return table;
}

bool holds(const RoutingTable& table, const Contact& node) {
  const auto all = table.closest(kOwn, 1000);
  return std::find(all.begin(), all.end(), node) != all.end();
}

}  // namespace

TEST_CASE("node ids: distance, shared bits and random ids in a bucket") {
  CHECK(shared_prefix_bits(id_of(0), id_of(0x8000)) == 0);
  CHECK(shared_prefix_bits(id_of(0x0100), id_of(0x0101)) == 15);
  CHECK(shared_prefix_bits(id_of(7, 2), id_of(7, 3)) == 159);
  CHECK(shared_prefix_bits(id_of(7), id_of(7)) == 160);
  CHECK(is_closer(id_of(0x0101), id_of(0x0200), id_of(0x0100)));
  CHECK_FALSE(is_closer(id_of(0x0100), id_of(0x0100), id_of(0)));
  SeededRng rng(1);
  const NodeId own = NodeId::random(rng);
  for (std::size_t bits = 0; bits < kIdBits; ++bits) {
    CHECK(shared_prefix_bits(own, random_id_sharing(own, bits, rng)) == bits);
  }
}

TEST_CASE("routing table: how far eight nodes are from a point, judged by our own neighbourhood") {
  RoutingTable table(kOwn, Mode::private_);
  CHECK(table.expected_reach() == kAnyDistance);
  // Eight in the farther half of the space, twelve in the nearer.
  for (std::uint32_t n = 0; n < 8; ++n) table.add_answering(kStart, far_node(n));
  CHECK(table.expected_reach() == kAnyDistance);
  for (std::uint16_t n = 0; n < 12; ++n) {
    const auto head = static_cast<std::uint16_t>(n < 6 ? 0x4000 + n : 0x2000 + n);
    table.add_answering(kStart, {id_of(head), node_endpoint(100u + n)});
  }
  // Eight of twelve have two thirds of that half.
  const std::uint64_t third = (kAnyDistance >> 1) / 3;
  CHECK(table.expected_reach() / 2 <= third);
  CHECK(table.expected_reach() / 2 + 8 >= third);
  CHECK(distance_head(id_of(0x0102), id_of(0x0103)) == std::uint64_t{1} << 48);
  CHECK(distance_head(id_of(7), id_of(7, 1)) == 0);
}

TEST_CASE("routing table: closest first") {
  RoutingTable table(kOwn, Mode::public_);
  for (std::uint32_t n = 1; n < 60; ++n) {
    table.add_answering(kStart, {id_of(static_cast<std::uint16_t>(n * 1111)), node_endpoint(n)});
  }
  const NodeId target = id_of(0x4321);
  const auto closest = table.closest(target, 8);
  REQUIRE(closest.size() == 8);
  for (std::size_t i = 1; i < closest.size(); ++i) {
    CHECK(is_closer(closest[i - 1].id, closest[i].id, target));
  }
  CHECK(table.closest(target, 1000).size() == table.size());
}

TEST_CASE("routing table: eight to a bucket, ourselves never") {
  RoutingTable table = full_bucket(kStart);
  CHECK(table.size() == 8);
  CHECK_FALSE(table.wants(kStart, far_node(8)));
  table.add_answering(kStart, far_node(8));
  CHECK(table.size() == 8);
  CHECK_FALSE(holds(table, far_node(8)));
  table.add_answering(kStart, {kOwn, node_endpoint(99)});
  CHECK(table.size() == 8);
  // Another bucket has room.
  CHECK(table.wants(kStart, {id_of(0x4000), node_endpoint(50)}));
  table.add_answering(kStart, {id_of(0x4000), node_endpoint(50)});
  CHECK(table.size() == 9);
}

TEST_CASE("routing table: a node that misses two queries gives way to a replacement") {
  RoutingTable table = full_bucket(kStart);
  table.add_answering(kStart, far_node(8));
  table.note_miss(far_node(3).endpoint);
  CHECK(holds(table, far_node(3)));
  table.note_miss(far_node(3).endpoint);
  CHECK_FALSE(holds(table, far_node(3)));
  CHECK(holds(table, far_node(8)));
  CHECK(table.size() == 8);
  // Without a replacement it is kept, but neither counted nor told to anyone.
  table.note_miss(far_node(4).endpoint);
  table.note_miss(far_node(4).endpoint);
  CHECK(table.size() == 7);
  CHECK_FALSE(holds(table, far_node(4)));
  CHECK_FALSE(table.is_alive(far_node(4).endpoint));
  CHECK(table.silent(10) == std::vector<Contact>{far_node(4)});
  // A newcomer takes its place at once, or it answers after all.
  table.add_answering(kStart, far_node(4));
  CHECK(table.size() == 8);
  table.note_miss(far_node(5).endpoint);
  table.note_miss(far_node(5).endpoint);
  table.add_answering(kStart, far_node(9));
  CHECK(holds(table, far_node(9)));
  CHECK(table.silent(10).empty());
  CHECK_FALSE(table.note_miss(node_endpoint(77)).has_value());
}

TEST_CASE("routing table: only questionable nodes are checked for a newcomer's sake") {
  RoutingTable table = full_bucket(kStart);
  table.add_answering(kStart, far_node(8));
  CHECK_FALSE(table.take_check(kStart, far_node(8).id).has_value());
  const Instant later = kStart + minutes(15);
  // Who asks us is good, since it has answered before.
  for (std::uint32_t n = 0; n < 8; ++n) {
    if (n != 5 && n != 6) CHECK(table.note_query(later, far_node(n)));
  }
  CHECK_FALSE(table.note_query(later, far_node(20)));
  CHECK(table.good(later, 100).size() == 6);
  CHECK(table.wants(later, far_node(9)));
  const auto first = table.take_check(later, far_node(8).id);
  const auto second = table.take_check(later, far_node(8).id);
  CHECK(first == far_node(5));
  CHECK(second == far_node(6));
  CHECK_FALSE(table.take_check(later, far_node(8).id).has_value());
  CHECK(table.take_check(later + seconds(10), far_node(8).id) == far_node(5));
  table.add_answering(later, far_node(5));
  CHECK(table.good(later, 100).size() == 7);
  // Without anyone waiting, nobody is bothered.
  RoutingTable quiet = full_bucket(kStart);
  CHECK_FALSE(quiet.take_check(later, far_node(1).id).has_value());
}

TEST_CASE("routing table: one node per address and per id") {
  RoutingTable table(kOwn, Mode::public_);
  const Contact node = far_node(1);
  table.add_answering(kStart, node);
  const Contact neighbour{far_node(2).id, Endpoint{node.endpoint.address, 4001}};
  CHECK_FALSE(table.wants(kStart, neighbour));
  table.add_answering(kStart, neighbour);
  CHECK(table.closest(kOwn, 10) == std::vector<Contact>{node});
  const Contact impostor{node.id, node_endpoint(7)};
  CHECK_FALSE(table.wants(kStart, impostor));
  table.add_answering(kStart, impostor);
  CHECK(table.closest(kOwn, 10) == std::vector<Contact>{node});
  // Restarted under another id.
  const Contact restarted{far_node(3).id, node.endpoint};
  CHECK(table.wants(kStart, restarted));
  table.add_answering(kStart, restarted);
  CHECK(table.closest(kOwn, 10) == std::vector<Contact>{restarted});
  // Gone: its address is free.
  table.note_miss(restarted.endpoint);
  table.add_answering(kStart, neighbour);
  CHECK(table.closest(kOwn, 10) == std::vector<Contact>{neighbour});
}

TEST_CASE("routing table: a subnet cannot fill a bucket of the public DHT") {
  for (const Mode mode : {Mode::public_, Mode::private_}) {
    RoutingTable table(kOwn, mode);
    for (std::uint32_t n = 0; n < 6; ++n) {
      table.add_answering(kStart, {far_node(n).id, {IpAddress::from_v4(0x14000001 + n), 4000}});
    }
    CHECK(table.size() == (mode == Mode::public_ ? 2 : 6));
  }
}

TEST_CASE("routing table: a bucket is refreshed when it did not change for 15 minutes") {
  RoutingTable table(kOwn, Mode::public_);
  SeededRng rng(1);
  CHECK(table.next_refresh() == Instant::never());
  table.add_answering(kStart, far_node(1));
  table.add_answering(kStart + minutes(1), {id_of(0x4000), node_endpoint(2)});
  CHECK(table.next_refresh() == kStart + minutes(15));
  CHECK_FALSE(table.take_refresh(kStart + minutes(14), rng).has_value());
  const auto target = table.take_refresh(kStart + minutes(15), rng);
  REQUIRE(target.has_value());
  CHECK(shared_prefix_bits(kOwn, *target) == 0);
  CHECK(table.next_refresh() == kStart + minutes(16));
  table.add_answering(kStart + minutes(15), {id_of(0x4000), node_endpoint(2)});
  CHECK(table.next_refresh() == kStart + minutes(30));
}

TEST_CASE("routing table: the longest known come first among the good") {
  RoutingTable table(kOwn, Mode::public_);
  table.add_answering(kStart + seconds(2), far_node(1));
  table.add_answering(kStart, {id_of(0x0400), node_endpoint(2)});
  table.add_answering(kStart + seconds(1), {id_of(0x4000), node_endpoint(3)});
  const auto good = table.good(kStart + seconds(3), 2);
  REQUIRE(good.size() == 2);
  CHECK(good[0].endpoint == node_endpoint(2));
  CHECK(good[1].endpoint == node_endpoint(3));
  CHECK(table.good(kStart + hours(1), 10).empty());
}

TEST_CASE("routing table: whatever happens, addresses and ids are unique and buckets bounded") {
  for (const Mode mode : {Mode::public_, Mode::private_}) {
    RoutingTable table(kOwn, mode);
    SeededRng rng(5);
    Instant now = kStart;
    const auto any_node = [&rng] {
      const auto address = static_cast<std::uint32_t>(rng.below(60));
      const auto head = static_cast<std::uint16_t>(rng.below(4) << 14 | rng.below(16));
      Contact node{id_of(head), node_endpoint(address)};
      node.endpoint.port = static_cast<std::uint16_t>(4000 + rng.below(2));
      return node;
    };
    for (int i = 0; i < 3000; ++i) {
      now = now + seconds(static_cast<std::int64_t>(rng.below(20)));
      const Contact node = any_node();
      if (rng.below(3) > 0) {
        table.add_answering(now, node);
      } else {
        table.note_miss(node.endpoint);
        table.take_check(now, node.id);
      }
      if (i % 10 != 0) continue;
      const auto all = table.closest(kOwn, 1000);
      std::set<IpAddress> addresses;
      std::set<NodeId> ids;
      std::map<std::size_t, std::size_t> in_bucket;
      for (const Contact& contact : all) {
        CHECK(addresses.insert(contact.endpoint.address).second);
        CHECK(ids.insert(contact.id).second);
        CHECK(++in_bucket[shared_prefix_bits(kOwn, contact.id)] <= kBucketSize);
        CHECK(table.is_alive(contact.endpoint));
      }
      CHECK(all.size() == table.size());
    }
    CHECK(table.size() > 10);
  }
}

TEST_CASE("compact nodes: whole entries only, at most as many as wanted") {
  const std::vector<Contact> nodes = {far_node(1), far_node(2), far_node(3)};
  const Buffer wire = encode_contacts(nodes, IpFamily::v4);
  CHECK(wire.size() == 3 * 26);
  CHECK(decode_contacts(wire, IpFamily::v4, 8) == nodes);
  CHECK(decode_contacts(wire, IpFamily::v4, 2).size() == 2);
  for (std::size_t size = 0; size < wire.size(); ++size) {
    CHECK(decode_contacts(Bytes(wire).first(size), IpFamily::v4, 8).size() == size / 26);
  }
}
