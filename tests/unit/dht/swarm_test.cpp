// SPDX-License-Identifier: Apache-2.0
// Whole DHT nodes in virtual time: what they find together, with loss, death and NATs.
#include "tests/unit/dht/swarm.h"

#include <algorithm>

#include <doctest/doctest.h>

#include "core/dht/bound_id.h"
#include "tests/unit/dht/points.h"

using namespace lanyard;
using namespace lanyard::dht;

namespace {

constexpr std::size_t kNodes = 200;

Endpoint peer(std::size_t node) { return node_endpoint(static_cast<std::uint32_t>(node)); }

void grow(Swarm& swarm) {
  swarm.add({});
  for (std::size_t n = 1; n < kNodes; ++n) {
    swarm.add({0});
    swarm.run_for(milliseconds(100));
  }
  swarm.run_for(seconds(20));
}

}  // namespace

TEST_CASE("swarm: peers are found among 200 nodes, with loss and with a third of them dead") {
  Swarm swarm(1, 5);
  grow(swarm);
  const auto hash = [](std::size_t n) { return hash_of(static_cast<std::uint16_t>(n * 6'007)); };
  std::vector<LookupId> announced;
  for (std::size_t n = 1; n <= 10; ++n) {
    announced.push_back(swarm.get_peers(n, hash(n), Announce::yes));
  }
  swarm.run_for(seconds(10));
  for (std::size_t n = 1; n <= 10; ++n) {
    const auto done = swarm.done(n, announced[n - 1]);
    REQUIRE(done.has_value());
    CHECK(done->stored_at >= 6);
    CHECK(done->answered >= 8);
  }
  std::vector<LookupId> lookups;
  for (std::size_t n = 1; n <= 10; ++n) {
    lookups.push_back(swarm.get_peers(100 + n, hash(n), Announce::no));
  }
  swarm.run_for(seconds(10));
  for (std::size_t n = 1; n <= 10; ++n) {
    CAPTURE(n);
    CHECK(swarm.peers_found(100 + n, lookups[n - 1]) == std::set<Endpoint>{peer(n)});
  }
  for (std::size_t n = 20; n < kNodes; n += 3) swarm.kill(n);
  lookups.clear();
  for (std::size_t n = 1; n <= 10; ++n) {
    lookups.push_back(swarm.get_peers(120 + 3 * n, hash(n), Announce::no));
  }
  swarm.run_for(seconds(20));
  for (std::size_t n = 1; n <= 10; ++n) {
    CAPTURE(n);
    CHECK(swarm.peers_found(120 + 3 * n, lookups[n - 1]) == std::set<Endpoint>{peer(n)});
    CHECK(swarm.done(120 + 3 * n, lookups[n - 1]).has_value());
  }
}

TEST_CASE("swarm: the same seed gives the same run") {
  std::vector<std::size_t> sent;
  for (int run = 0; run < 2; ++run) {
    Swarm swarm(7, 20);
    swarm.add({});
    for (int n = 0; n < 12; ++n) swarm.add({0});
    for (std::size_t n = 0; n < 12; ++n) swarm.get_peers(n, hash_of(9), Announce::yes);
    swarm.run_for(seconds(30));
    sent.push_back(swarm.datagrams_sent());
  }
  CHECK(sent[0] == sent[1]);
  CHECK(sent[0] > 200);
}

TEST_CASE("swarm: two peers meet within a second by one bootstrap node") {
  Swarm swarm(3);
  swarm.add({});
  const std::size_t alice = swarm.add({0});
  const std::size_t bob = swarm.add({0});
  // Before anything is known, hence waiting.
  const LookupId by_alice = swarm.get_peers(alice, hash_of(5), Announce::yes);
  swarm.run_for(milliseconds(400));
  const LookupId by_bob = swarm.get_peers(bob, hash_of(5), Announce::yes);
  CHECK(swarm.run_until(milliseconds(600), [&] {
    return swarm.peers_found(bob, by_bob) == std::set<Endpoint>{peer(alice)};
  }));
  swarm.run_for(seconds(1));
  // Alice is a node herself, and Bob announced himself at her.
  CHECK(swarm.peers_found(alice, by_alice) == std::set<Endpoint>{peer(bob)});
  CHECK(swarm.done(alice, by_alice).has_value());
  CHECK(swarm.done(bob, by_bob)->stored_at == 2);
}

TEST_CASE("swarm: a bootstrap node that searches too meets the only other node") {
  Swarm swarm(4);
  const std::size_t first = swarm.add({});
  const LookupId by_first = swarm.get_peers(first, hash_of(5), Announce::yes);
  swarm.run_for(seconds(3));
  CHECK_FALSE(swarm.done(first, by_first).has_value());
  const std::size_t second = swarm.add({0});
  const LookupId by_second = swarm.get_peers(second, hash_of(5), Announce::yes);
  CHECK(swarm.run_until(seconds(1), [&] {
    return swarm.peers_found(first, by_first).contains(peer(second)) &&
           swarm.peers_found(second, by_second).contains(peer(first));
  }));
}

TEST_CASE("swarm: a dead node among few delays neither finding nor announcing") {
  Swarm swarm(5);
  for (int n = 0; n < 4; ++n)
    swarm.add(n == 0 ? std::vector<std::size_t>{} : std::vector<std::size_t>{0});
  swarm.run_for(seconds(5));
  REQUIRE(swarm.dht(1).node_count() == 3);
  swarm.kill(3);
  swarm.get_peers(1, hash_of(5), Announce::yes);
  swarm.run_for(milliseconds(300));
  const LookupId lookup = swarm.get_peers(2, hash_of(5), Announce::no);
  CHECK(swarm.run_until(milliseconds(300), [&] {
    return swarm.peers_found(2, lookup) == std::set<Endpoint>{peer(1)};
  }));
  // A node that has left is forgotten after two unanswered queries.
  swarm.run_for(seconds(10));
  CHECK(swarm.dht(1).node_count() == 2);
}

TEST_CASE("swarm: who announces is found at itself when the others that stored it are gone") {
  Swarm swarm(11);
  swarm.add({});
  for (int n = 0; n < 3; ++n) swarm.add({0});
  swarm.run_for(seconds(5));
  REQUIRE(swarm.status(1).outside.has_value());
  swarm.get_peers(1, hash_of(5), Announce::yes);
  swarm.run_for(seconds(2));
  for (const std::size_t other : {0u, 2u, 3u}) swarm.kill(other);
  swarm.add({1});
  const LookupId lookup = swarm.get_peers(4, hash_of(5), Announce::no);
  swarm.run_for(seconds(1));
  CHECK(swarm.peers_found(4, lookup) == std::set<Endpoint>{peer(1)});
}

TEST_CASE("swarm: a change of the network is noticed outside within a second") {
  Swarm swarm(12);
  swarm.add({});
  for (int n = 0; n < 12; ++n) swarm.add({0});
  swarm.run_for(seconds(5));
  REQUIRE(swarm.status(5).outside.has_value());
  swarm.change_network(5);
  CHECK_FALSE(swarm.status(5).outside.has_value());
  swarm.run_for(seconds(1));
  CHECK(swarm.status(5).outside == peer(5));
}

TEST_CASE("swarm: behind NATs that let nobody in, announcements reach who can be reached") {
  Swarm swarm(13);
  swarm.add({});
  for (int n = 0; n < 30; ++n) {
    swarm.add({0});
    swarm.hide(swarm.size() - 1);
  }
  swarm.run_for(seconds(60));
  const LookupId by_first = swarm.get_peers(7, hash_of(5), Announce::yes);
  swarm.run_for(milliseconds(1'500));
  const LookupId by_second = swarm.get_peers(8, hash_of(5), Announce::no);
  CHECK(swarm.run_until(milliseconds(300), [&] {
    return swarm.peers_found(8, by_second) == std::set<Endpoint>{peer(7)};
  }));
  swarm.run_for(seconds(20));
  CHECK(swarm.done(7, by_first)->stored_at == 1);
  CHECK(swarm.done(8, by_second).has_value());
}

TEST_CASE("swarm: nobody there ends in LookupDone, and a late bootstrap node is found") {
  Swarm swarm(6);
  swarm.add({});
  swarm.kill(0);
  const std::size_t lonely = swarm.add({0});
  const LookupId first = swarm.get_peers(lonely, hash_of(5), Announce::yes);
  swarm.run_for(seconds(31));
  REQUIRE(swarm.done(lonely, first).has_value());
  CHECK(swarm.done(lonely, first)->answered == 0);
  // Asked ever more seldom: after 1, 2, 4, 8, 16 s.
  CHECK(swarm.datagrams_sent() <= 6);
  swarm.revive(0);
  const LookupId second = swarm.get_peers(lonely, hash_of(5), Announce::no);
  swarm.run_for(seconds(60));
  CHECK(swarm.dht(lonely).node_count() == 1);
  CHECK(swarm.done(lonely, second).has_value());
}

TEST_CASE("swarm: the outside address is voted for and told once") {
  Swarm swarm(8);
  swarm.add({});
  for (int n = 0; n < 5; ++n) swarm.add({0});
  swarm.run_for(seconds(5));
  CHECK(swarm.status(3).outside == peer(3));
  CHECK(swarm.status(3).mapping == MappingKind::endpoint_independent);
  const auto told = std::count_if(
      swarm.events(3).begin(), swarm.events(3).end(),
      [](const Event& event) { return std::holds_alternative<OutsideAddress>(event); });
  CHECK(told == 1);
}

TEST_CASE("swarm: idle nodes are nearly silent and stay known to each other") {
  Swarm swarm(9);
  swarm.add({});
  for (int n = 0; n < 2; ++n) swarm.add({0});
  swarm.run_for(minutes(1));
  const std::size_t before = swarm.datagrams_sent();
  swarm.run_for(hours(1));
  CHECK(swarm.datagrams_sent() - before < 200);
  CHECK(swarm.dht(1).good_nodes(swarm.now()).size() == 2);
}

TEST_CASE("swarm: with the DHT off not a single datagram leaves") {
  Swarm swarm(10);
  const std::size_t silent = swarm.add({1}, Mode::off);
  const std::size_t before = swarm.datagrams_sent();
  CHECK(before == 0);
  const LookupId lookup = swarm.get_peers(silent, hash_of(5), Announce::yes);
  CHECK(swarm.done(silent, lookup).has_value());
  CHECK(swarm.dht(silent).next_timeout() == Instant::never());
  Datagrams out;
  const std::vector<Endpoint> hints = {node_endpoint(1)};
  swarm.dht(silent).add_bootstrap(swarm.now(), hints, out);
  swarm.dht(silent).handle_network_change(swarm.now(), out);
  Events events;
  swarm.dht(silent).handle_timeout(swarm.now() + hours(1), out, events);
  swarm.dht(silent).handle_datagram(
      swarm.now(), node_endpoint(1),
      as_bytes("d1:ad2:id20:abcdefghij0123456789e1:q4:ping1:t2:aa1:y1:qe"), out, events);
  CHECK(out.empty());
  CHECK(swarm.dht(silent).counters().of(Drop::switched_off) == 1);
}

TEST_CASE("swarm: ids come to fit the addresses, and nobody is lost by that") {
  Swarm swarm(21);
  swarm.add({});
  for (int n = 0; n < 30; ++n) swarm.add({0});
  swarm.run_for(seconds(30));
  for (std::size_t n = 0; n < swarm.size(); ++n) {
    CAPTURE(n);
    CHECK(fits(swarm.dht(n).own_id(), peer(n).address));
  }
  const LookupId announced = swarm.get_peers(3, hash_of(5), Announce::yes);
  swarm.run_for(seconds(5));
  CHECK(swarm.done(3, announced)->stored_at == 8);
  const LookupId found = swarm.get_peers(20, hash_of(5), Announce::no);
  swarm.run_for(seconds(5));
  CHECK(swarm.peers_found(20, found) == std::set<Endpoint>{peer(3)});
}
