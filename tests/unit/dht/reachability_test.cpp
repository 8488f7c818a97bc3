// SPDX-License-Identifier: Apache-2.0
// Read-only until strangers can reach us (BEP 43), and what the owner is told of it.
#include <algorithm>

#include <doctest/doctest.h>

#include "core/dht/dht.h"
#include "core/dht/krpc.h"
#include "tests/unit/dht/points.h"

using namespace lanyard;
using namespace lanyard::dht;

namespace {

constexpr std::uint16_t kPort = 4000;
constexpr std::string_view kPing = "d1:ad2:id20:abcdefghij0123456789e1:q4:ping1:t2:aa1:y1:qe";
const Endpoint kFriend = node_endpoint(1);
const Endpoint kStranger = node_endpoint(2);
const IpAddress kOwn = address_of("20.9.9.9");

struct Subject {
  Subject() : rng(1), dht(settings(), rng) {}

  static Settings settings() {
    Settings out;
    out.bootstrap = {kFriend};
    return out;
  }

  void start() { dht.start(now, kPort, Families::only(IpFamily::v4), out); }

  Reachability reachability() { return dht.status(now, IpFamily::v4)->reachability; }

  // The only query among the last datagrams.
  Query asked() {
    REQUIRE(out.size() == 1);
    wire = std::move(out[0].payload);
    out.clear();
    const auto message = parse_message(wire);
    REQUIRE(message.has_value());
    const auto* query = std::get_if<Query>(&*message);
    REQUIRE(query != nullptr);
    return *query;
  }

  void answer(const Query& query, const Endpoint& seen) {
    Answer answer;
    answer.transaction = query.transaction;
    answer.sender = id_of(1);
    answer.asker = seen;
    dht.handle_datagram(now, kFriend, encode(answer), out, events);
  }

  // How many datagrams come back.
  std::size_t ping_from(const Endpoint& from) {
    out.clear();
    dht.handle_datagram(now, from, as_bytes(kPing), out, events);
    return static_cast<std::size_t>(
        std::count_if(out.begin(), out.end(), [](const Datagram& datagram) {
          const auto message = parse_message(datagram.payload);
          return message && std::holds_alternative<Answer>(*message);
        }));
  }

  SeededRng rng;
  Dht dht;
  Instant now = kStart;
  Datagrams out;
  Events events;
  Buffer wire;
};

}  // namespace

TEST_CASE("reachability: whom our owner has sent to is no stranger for some minutes") {
  Subject subject;
  subject.start();
  subject.answer(subject.asked(), {kOwn, kPort});
  subject.dht.note_contact(subject.now, kStranger.address);
  CHECK(subject.ping_from(kStranger) == 0);
  CHECK(subject.reachability() == Reachability::read_only);
  CHECK(subject.ping_from(node_endpoint(3)) == 1);
  CHECK(subject.reachability() == Reachability::normal);
}

TEST_CASE("reachability: until it is proven, queries say read-only and get no answer") {
  Subject subject;
  subject.start();
  CHECK(subject.asked().sender_reachability == Reachability::read_only);
  // By the hole that our own query made anyone at that address may come in.
  CHECK(subject.ping_from(kFriend) == 0);
  CHECK(subject.ping_from({kFriend.address, 7}) == 0);
  CHECK(subject.dht.counters().of(Drop::read_only) == 2);
  CHECK(subject.reachability() == Reachability::read_only);
}

TEST_CASE("reachability: a query from where we never asked proves it") {
  Subject subject;
  subject.start();
  CHECK(subject.ping_from(kStranger) == 1);
  CHECK(subject.reachability() == Reachability::normal);
  CHECK(subject.ping_from(kFriend) == 1);
  // In another network it has to be proven anew.
  subject.dht.handle_network_change(subject.now, subject.out);
  CHECK(subject.reachability() == Reachability::read_only);
}

TEST_CASE("reachability: neither our own LAN nor those we begin with prove it") {
  Subject subject;
  subject.start();
  CHECK(subject.ping_from(endpoint_of("192.168.1.7:4000")) == 0);
  const Endpoint member = node_endpoint(7);  // the tunnel has sent there
  subject.dht.add_bootstrap(subject.now, {&member, 1}, subject.out);
  subject.now = subject.now + hours(1);
  CHECK(subject.ping_from(member) == 0);
  CHECK(subject.reachability() == Reachability::read_only);
}

TEST_CASE("reachability: junk and answers prove nothing") {
  Subject subject;
  subject.start();
  subject.out.clear();
  for (const std::string_view wire :
       {std::string_view("d1:rd2:id20:mnopqrstuvwxyz123456e1:t2:aa1:y1:re"),
        std::string_view("dddddddddddddddddddddddddddddddde")}) {
    subject.dht.handle_datagram(subject.now, kStranger, as_bytes(wire), subject.out,
                                subject.events);
  }
  CHECK(subject.reachability() == Reachability::read_only);
}

TEST_CASE("reachability: being seen at an own address and port proves it, else not") {
  for (const Endpoint& seen :
       {Endpoint{kOwn, kPort}, Endpoint{kOwn, 4001}, Endpoint{address_of("20.9.9.8"), kPort}}) {
    Subject subject;
    subject.dht.set_own_addresses({&kOwn, 1});
    subject.start();
    subject.answer(subject.asked(), seen);
    const bool is_proof = seen == Endpoint{kOwn, kPort};
    CHECK((subject.reachability() == Reachability::normal) == is_proof);
    // What is asked next says so.
    CHECK((subject.asked().sender_reachability == Reachability::normal) == is_proof);
  }
}

TEST_CASE("reachability: the owner knows of a port mapping") {
  Subject subject;
  subject.start();
  subject.dht.set_reachable(IpFamily::v4);
  CHECK(subject.ping_from(kFriend) == 1);
  CHECK_FALSE(subject.dht.status(subject.now, IpFamily::v6).has_value());
}

TEST_CASE("status and counters tell how the node stands") {
  Subject subject;
  subject.dht.set_own_addresses({&kOwn, 1});
  subject.start();
  const std::size_t first_bytes = subject.out[0].payload.size();
  CHECK(subject.dht.counters().datagrams_sent == 1);
  CHECK(subject.dht.counters().bytes_sent == first_bytes);
  subject.answer(subject.asked(), {kOwn, kPort});
  const auto status = *subject.dht.status(subject.now, IpFamily::v4);
  CHECK(status.own_id == subject.dht.own_id());
  CHECK(status.nodes == 1);
  CHECK(status.answered_lately == 1);
  CHECK_FALSE(status.outside.has_value());  // one voice is none
  CHECK(subject.dht.counters().datagrams_received == 1);
  CHECK(subject.dht.counters().bytes_received > 40);
  CHECK(subject.dht.status(subject.now + minutes(16), IpFamily::v4)->answered_lately == 0);
  CHECK(subject.ping_from(kStranger) == 1);
  CHECK(subject.dht.counters().datagrams_sent > 2);
  CHECK(subject.dht.counters().bytes_sent > first_bytes + 40);
}
