// SPDX-License-Identifier: Apache-2.0
// One Dht in the DHTs of both families (BEP 32).
#include <algorithm>
#include <set>

#include <doctest/doctest.h>

#include "core/dht/dht.h"
#include "core/dht/krpc.h"
#include "tests/unit/dht/points.h"

using namespace lanyard;
using namespace lanyard::dht;

namespace {

constexpr Families kBoth = {.v4 = true, .v6 = true};
const Endpoint kFour = node_endpoint(1);
const Endpoint kSix = endpoint_of("[2001:db8::1]:4000");

struct Subject {
  explicit Subject(std::vector<Endpoint> bootstrap,
                   Families families = kBoth,
                   const std::vector<IpAddress>& own_addresses = {})
      : rng(1) {
    Settings settings;
    settings.bootstrap = std::move(bootstrap);
    dht.emplace(std::move(settings), rng);
    dht->set_own_addresses(own_addresses);
    dht->start(now, 4000, families, out);
  }

  // What has been sent to that endpoint, and not yet been looked at.
  std::vector<Query> queries_to(const Endpoint& to) {
    wires.clear();
    std::vector<Query> found;
    for (const Datagram& datagram : out) {
      if (datagram.to == to) wires.push_back(datagram.payload);
    }
    std::erase_if(out, [&to](const Datagram& datagram) { return datagram.to == to; });
    for (const Buffer& wire : wires) {
      const auto message = parse_message(wire);
      if (const auto* query = std::get_if<Query>(&*message)) found.push_back(*query);
    }
    return found;
  }

  // Answers everything that was asked of that endpoint.
  void answer_at(const Endpoint& at,
                 const NodeId& id,
                 const std::optional<std::vector<Contact>>& nodes = {},
                 const std::optional<std::vector<Contact>>& nodes6 = {},
                 const std::vector<Endpoint>& peers = {}) {
    for (const Query& query : queries_to(at)) {
      Answer answer;
      const Buffer transaction = to_buffer(query.transaction);
      answer.transaction = transaction;
      answer.sender = id;
      answer.nodes = nodes;
      answer.nodes6 = nodes6;
      if (query.method == Method::get_peers) answer.peers = peers;
      dht->handle_datagram(now, at, encode(answer), out, events);
    }
  }

  std::vector<LookupDone> done() const {
    std::vector<LookupDone> found;
    for (const Event& event : events) {
      if (const auto* it = std::get_if<LookupDone>(&event)) found.push_back(*it);
    }
    return found;
  }

  std::set<Endpoint> peers() const {
    std::set<Endpoint> found;
    for (const Event& event : events) {
      if (const auto* it = std::get_if<PeersFound>(&event)) {
        found.insert(it->peers.begin(), it->peers.end());
      }
    }
    return found;
  }

  SeededRng rng;
  std::optional<Dht> dht;
  Instant now = kStart;
  Datagrams out;
  Events events;
  std::vector<Buffer> wires;
};

}  // namespace

TEST_CASE("dual stack: each family has its own nodes and bootstrap") {
  Subject subject({kFour, kSix});
  CHECK(subject.out.size() == 2);
  subject.answer_at(kFour, id_of(1));
  CHECK(subject.dht->node_count() == 1);
  subject.answer_at(kSix, id_of(1));
  CHECK(subject.dht->node_count() == 2);
  CHECK(subject.dht->own_id(IpFamily::v4) != subject.dht->own_id(IpFamily::v6));

  const auto good = subject.dht->good_nodes(subject.now);
  CHECK(good == std::vector<Contact>{{id_of(1), kFour}, {id_of(1), kSix}});
  Subject next({});
  next.dht.emplace(Settings{}, next.rng);
  next.dht->restore_nodes(good);
  next.dht->start(next.now, 4000, kBoth, next.out);
  CHECK(next.queries_to(kFour).size() == 1);
  CHECK(next.queries_to(kSix).size() == 1);
}

TEST_CASE("dual stack: a family that the socket lacks is silent") {
  Subject subject({kFour, kSix}, Families::only(IpFamily::v4));
  CHECK(subject.out.size() == 1);
  subject.out.clear();
  subject.dht->handle_datagram(subject.now, kSix,
                               as_bytes("d1:ad2:id20:abcdefghij0123456789e1:q4:ping1:t2:aa1:y1:qe"),
                               subject.out, subject.events);
  CHECK(subject.out.empty());
  CHECK(subject.dht->counters().of(Drop::no_family) == 1);
}

TEST_CASE("dual stack: a lookup walks both families, and ends once, when both are done") {
  Subject subject({kFour, kSix});
  subject.answer_at(kFour, id_of(1));
  subject.answer_at(kSix, id_of(1));
  subject.out.clear();
  subject.dht->get_peers(subject.now, hash_of(5), Announce::no, subject.out, subject.events);
  const Endpoint peer = endpoint_of("20.77.0.1:1");
  const Endpoint peer6 = endpoint_of("[2001:db8:7::1]:1");
  subject.answer_at(kFour, id_of(1), {}, {}, {peer});
  CHECK(subject.peers() == std::set<Endpoint>{peer});
  CHECK(subject.done().empty());
  subject.answer_at(kSix, id_of(1), {}, {}, {peer6});
  CHECK(subject.peers() == std::set<Endpoint>{peer, peer6});
  REQUIRE(subject.done().size() == 1);
  CHECK(subject.done()[0].answered == 2);
  CHECK(subject.done()[0].peers == 2);
}

TEST_CASE("dual stack: a family by which nobody can be reached delays no lookup") {
  Subject subject({kFour});
  subject.answer_at(kFour, id_of(1));
  subject.out.clear();
  subject.dht->get_peers(subject.now, hash_of(5), Announce::no, subject.out, subject.events);
  CHECK(subject.done().empty());
  subject.answer_at(kFour, id_of(1));
  REQUIRE(subject.done().size() == 1);
  CHECK(subject.done()[0].answered == 1);
}

TEST_CASE("dual stack: a family that knows few nodes is told of more by the other") {
  Subject subject({kFour});
  const auto asked = subject.queries_to(kFour);
  REQUIRE(asked.size() == 1);
  CHECK(asked[0].want == kBoth);
  Answer answer;
  answer.transaction = asked[0].transaction;
  answer.sender = id_of(1);
  answer.nodes6 = {{id_of(2), kSix}};
  subject.dht->handle_datagram(subject.now, kFour, encode(answer), subject.out, subject.events);
  subject.answer_at(kSix, id_of(2));
  CHECK(subject.dht->node_count() == 2);
}

TEST_CASE("dual stack: a family that knows nobody is asked for again, where it has a way out") {
  const IpAddress elsewhere = *IpAddress::parse("2001:db8:9::1");
  const IpAddress link_local = *IpAddress::parse("fe80::1");
  for (const IpAddress& own : {elsewhere, link_local}) {
    CAPTURE(own);
    Subject subject({kFour}, kBoth, {own});
    subject.answer_at(kFour, id_of(1));
    std::size_t asked = 0;
    const Instant end = subject.now + seconds(20);
    while (subject.dht->next_timeout() < end) {
      subject.now = subject.dht->next_timeout();
      subject.dht->handle_timeout(subject.now, subject.out, subject.events);
      for (const Datagram& datagram : subject.out) {
        const auto message = parse_message(datagram.payload);
        const auto* query = std::get_if<Query>(&*message);
        asked += datagram.to == kFour && query != nullptr && query->want == kBoth ? 1 : 0;
      }
      subject.answer_at(kFour, id_of(1));
      subject.out.clear();
    }
    CHECK(asked >= (own == elsewhere ? 3 : 0));
    CHECK(asked <= (own == elsewhere ? 8 : 0));
  }
}

TEST_CASE("dual stack: who wants nodes of the other family gets them, within a datagram") {
  Subject subject({});
  std::vector<Endpoint> all;
  for (std::uint32_t n = 1; n <= 20; ++n) {
    all.push_back(node_endpoint(n));
    const auto head = IpAddress::parse("2001:db8:" + std::to_string(n) + "::1");
    all.push_back({*head, 4000});
  }
  subject.dht->add_bootstrap(subject.now, all, subject.out);
  for (int round = 0; round < 100 && subject.dht->node_count() < 16; ++round) {
    for (const Endpoint& endpoint : all) {
      const auto number = endpoint.address.is_v4()
                              ? endpoint.address.bytes()[2]
                              : static_cast<std::uint8_t>(endpoint.address.bytes()[5]);
      subject.answer_at(endpoint, id_of(static_cast<std::uint16_t>(number * 3121)));
    }
    subject.now = subject.dht->next_timeout();
    subject.dht->handle_timeout(subject.now, subject.out, subject.events);
  }
  REQUIRE(subject.dht->node_count() >= 16);
  const Endpoint asker = endpoint_of("20.99.0.1:1");
  const auto ask = [&](Families want) {
    subject.out.clear();
    Query query;
    query.method = Method::get_peers;
    query.transaction = as_bytes("tt");
    query.sender = id_of(0xaaaa);
    query.sender_reachability = Reachability::read_only;
    query.info_hash = hash_of(0x0500);
    query.want = want;
    subject.dht->handle_datagram(subject.now, asker, encode(query), subject.out, subject.events);
    REQUIRE(subject.out.size() == 1);
    CHECK(subject.out[0].payload.size() <= kMaxSentBytes);
    const auto message = parse_message(subject.out[0].payload);
    return *std::get_if<Answer>(&*message);
  };
  const auto unsaid = ask({});
  CHECK(unsaid.nodes->size() == 8);
  CHECK_FALSE(unsaid.nodes6.has_value());
  const auto six = ask(Families::only(IpFamily::v6));
  CHECK_FALSE(six.nodes.has_value());
  CHECK(six.nodes6->size() == 8);
  const auto both = ask(kBoth);
  CHECK(both.nodes->size() == 8);
  CHECK(both.nodes6->size() == 8);
}
