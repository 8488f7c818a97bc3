// SPDX-License-Identifier: Apache-2.0
#include "core/dht/dht.h"

#include <string>

#include <doctest/doctest.h>

#include "core/dht/krpc.h"
#include "tests/unit/dht/points.h"

using namespace lanyard;
using namespace lanyard::dht;

namespace {

const Endpoint kOther = node_endpoint(1);

// A node under test that hears what the test says.
struct Subject {
  explicit Subject(Settings settings = {}) : rng(1), dht(std::move(settings), rng) {}

  void start() { dht.start(now, 4000, {.v4 = true, .v6 = false}, out); }
  void say(const Endpoint& from, Bytes payload) {
    out.clear();
    dht.handle_datagram(now, from, payload, out, events);
  }
  void say(const Endpoint& from, std::string_view payload) { say(from, as_bytes(payload)); }

  // Answers the only query of the last datagrams.
  void answer(const NodeId& id, const std::vector<Contact>& nodes = {}) {
    REQUIRE(out.size() == 1);
    const Datagram asked = out[0];
    const auto message = parse_message(asked.payload);
    REQUIRE(message.has_value());
    Answer answer;
    answer.transaction = std::get_if<Query>(&*message)->transaction;
    answer.sender = id;
    answer.nodes = nodes;
    say(asked.to, encode(answer));
  }

  SeededRng rng;
  Dht dht;
  Instant now = kStart;
  Datagrams out;
  Events events;
};

Settings with_bootstrap(std::vector<Endpoint> endpoints, Mode mode = Mode::public_) {
  Settings settings;
  settings.mode = mode;
  settings.bootstrap = std::move(endpoints);
  return settings;
}

constexpr std::string_view kPing = "d1:ad2:id20:abcdefghij0123456789e1:q4:ping1:t2:aa1:y1:qe";
constexpr std::string_view kReadOnlyPing =
    "d1:ad2:id20:abcdefghij0123456789e1:q4:ping2:roi1e1:t2:aa1:y1:qe";

}  // namespace

TEST_CASE("dht: answers and errors that nobody asked for get no reply") {
  Subject subject(with_bootstrap({kOther}));
  subject.start();
  for (const std::string_view wire :
       {"d1:rd2:id20:mnopqrstuvwxyz123456e1:t2:aa1:y1:re", "d1:eli201e1:xe1:t2:aa1:y1:ee"}) {
    subject.say(kOther, wire);
    CHECK(subject.out.empty());
  }
  CHECK(subject.dht.counters().of(Drop::unsolicited) == 2);
  CHECK(subject.dht.node_count() == 0);
}

TEST_CASE("dht: an answer counts only from the endpoint that was asked") {
  Subject subject(with_bootstrap({kOther}));
  subject.start();
  REQUIRE(subject.out.size() == 1);
  const auto asked = parse_message(subject.out[0].payload);
  Answer answer;
  const Buffer transaction = to_buffer(std::get_if<Query>(&*asked)->transaction);
  answer.transaction = transaction;
  answer.sender = id_of(7);
  subject.say(node_endpoint(2), encode(answer));
  CHECK(subject.dht.node_count() == 0);
  subject.say(kOther, encode(answer));
  CHECK(subject.dht.node_count() == 1);
  subject.say(kOther, encode(answer));
  CHECK(subject.dht.counters().of(Drop::unsolicited) == 2);
}

TEST_CASE("dht: who asks is pinged before it enters the table; read-only nodes never are") {
  Subject subject;
  subject.start();
  subject.say(kOther, kReadOnlyPing);
  CHECK(subject.out.size() == 1);
  subject.say(kOther, kPing);
  REQUIRE(subject.out.size() == 2);
  CHECK(subject.dht.node_count() == 0);
  subject.out.erase(subject.out.begin());
  subject.answer({*to_array<kIdBytes>(as_bytes("abcdefghij0123456789"))});
  CHECK(subject.dht.node_count() == 1);
}

TEST_CASE("dht: junk is counted and dropped in silence") {
  Subject subject;
  subject.start();
  const std::string deep = "d1:a" + std::string(5000, 'l') + std::string(5000, 'e') + "e";
  for (const std::string_view wire :
       {std::string_view("d"), std::string_view("dddddddddddddddddddddddddddddddde"),
        std::string_view("d1:t2:aae"), std::string_view(deep),
        std::string_view("d1:ad2:id20:abcdefghij0123456789e1:q4:ping1:t2:aae")}) {
    subject.say(kOther, wire);
    CHECK(subject.out.empty());
  }
  CHECK(subject.dht.counters().of(Drop::malformed) == 5);
  subject.say(endpoint_of("[2001:db8::1]:4000"), kPing);
  CHECK(subject.dht.counters().of(Drop::no_family) == 1);
  CHECK(subject.out.empty());
  for (std::size_t bit = 0; bit < kPing.size() * 8; ++bit) {
    std::string flipped(kPing);
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ 1 << bit % 8);
    subject.now = subject.now + seconds(1);
    subject.say(kOther, flipped);
    CHECK(subject.out.size() <= 2);
  }
}

TEST_CASE("dht: its own message that comes back is ignored") {
  Subject subject(with_bootstrap({kOther}));
  subject.start();
  const Buffer own = subject.out.at(0).payload;
  subject.say(kOther, own);
  CHECK(subject.out.empty());
  CHECK(subject.dht.counters().of(Drop::own_message) == 1);
}

TEST_CASE("dht: the first node that answers is asked at once for what waits") {
  Subject subject(with_bootstrap({kOther}));
  subject.start();
  Datagrams none;
  subject.dht.get_peers(subject.now, hash_of(3), Announce::yes, none, subject.events);
  CHECK(none.empty());
  subject.answer(id_of(7), {{id_of(8), node_endpoint(8)}});
  // Both that node and the one it named: for the hash, and for the neighbourhood.
  CHECK(subject.out.size() == 4);
}

TEST_CASE("dht: nobody in the public DHT makes us send into a private network") {
  for (const Mode mode : {Mode::public_, Mode::private_}) {
    Subject subject(with_bootstrap({kOther}, mode));
    subject.start();
    subject.answer(id_of(7), {{id_of(8), endpoint_of("192.168.1.1:53")},
                              {id_of(9), endpoint_of("127.0.0.1:53")}});
    std::size_t inward = 0;
    for (const Datagram& datagram : subject.out) inward += datagram.to != kOther ? 1 : 0;
    CHECK(inward == (mode == Mode::public_ ? 0 : 2));
  }
}

TEST_CASE("dht: restored nodes are asked at the start, in bounded numbers") {
  std::vector<Contact> nodes;
  for (std::uint16_t n = 0; n < 500; ++n) nodes.push_back({id_of(n), node_endpoint(n)});
  Subject subject;
  subject.dht.restore_nodes(nodes);
  subject.start();
  CHECK(subject.out.size() == 32);
  std::size_t asked = subject.out.size();
  while (subject.now < kStart + seconds(4)) {
    subject.now = subject.dht.next_timeout();
    subject.out.clear();
    subject.dht.handle_timeout(subject.now, subject.out, subject.events);
    asked += subject.out.size();
  }
  CHECK(asked > 100);
  CHECK(asked <= 200);
}

TEST_CASE("dht: one destination is not asked more often than others bear") {
  Subject subject(with_bootstrap({kOther}));
  subject.start();
  subject.answer(id_of(7));
  std::size_t sent = 0;
  for (std::uint16_t n = 0; n < 60; ++n) {
    subject.out.clear();
    subject.dht.get_peers(subject.now, hash_of(n), Announce::no, subject.out, subject.events);
    sent += subject.out.size();
  }
  CHECK(sent <= 30);
  while (subject.dht.next_timeout() < kStart + seconds(10)) {
    subject.now = subject.dht.next_timeout();
    subject.out.clear();
    subject.dht.handle_timeout(subject.now, subject.out, subject.events);
    sent += subject.out.size();
  }
  CHECK(sent < 50);
  CHECK(sent > 30);
}

TEST_CASE("dht: a cancelled lookup reports nothing") {
  Subject subject(with_bootstrap({kOther}));
  subject.start();
  Datagrams none;
  const LookupId lookup =
      subject.dht.get_peers(subject.now, hash_of(3), Announce::no, none, subject.events);
  subject.dht.cancel(lookup);
  subject.answer(id_of(7));
  while (subject.dht.next_timeout() < kStart + minutes(1)) {
    subject.now = subject.dht.next_timeout();
    subject.dht.handle_timeout(subject.now, subject.out, subject.events);
  }
  CHECK(subject.events.empty());
}

TEST_CASE("dht: well-known nodes are given as names with ports") {
  CHECK_FALSE(bootstrap_names().empty());
  for (const std::string_view name : bootstrap_names()) {
    CHECK(name.find(':') != std::string_view::npos);
  }
}

TEST_CASE("dht: every drop reason has a name") {
  for (std::size_t i = 0; i < static_cast<std::size_t>(Drop::count_); ++i) {
    CHECK_FALSE(to_string(static_cast<Drop>(i)).empty());
  }
}
