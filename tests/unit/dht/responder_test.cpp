// SPDX-License-Identifier: Apache-2.0
#include "core/dht/responder.h"

#include <doctest/doctest.h>

#include "tests/unit/dht/points.h"

using namespace lanyard;
using namespace lanyard::dht;

namespace {

const NodeId kOwn = id_of(0);
const Endpoint kAsker = endpoint_of("20.200.0.1:7000");

struct World {
  explicit World(const Limits& limits = {})
      : rng(1),
        table(kOwn, Mode::public_),
        budget(limits),
        responder(limits, kOwn, table, budget, rng, counters) {}

  Query query(Method method) const {
    Query out;
    out.transaction = as_bytes("tt");
    out.method = method;
    out.sender = id_of(0x9999);
    out.info_hash = hash_of(0x5555);
    out.target = id_of(0x5555);
    return out;
  }

  Buffer ask(const Query& query, const Endpoint& from = kAsker, Instant now = kStart) {
    auto outcome = responder.answer(now, from, query, encode(query).size());
    auto* reply = std::get_if<Responder::Reply>(&outcome);
    if (reply == nullptr) return {};
    stored = reply->stored;
    return std::move(reply->datagram);
  }

  SeededRng rng;
  Counters counters;
  RoutingTable table;
  AnswerBudget budget;
  Responder responder;
  std::optional<Responder::StoredPeer> stored;
};

// The views in it live as long as wire.
template <typename T>
T read(const Buffer& wire) {
  const auto message = parse_message(wire);
  REQUIRE(message.has_value());
  const T* out = std::get_if<T>(&*message);
  REQUIRE(out != nullptr);
  return *out;
}

}  // namespace

TEST_CASE("responder: every answer echoes the transaction and tells the asker its endpoint") {
  World world;
  for (const Method method : {Method::ping, Method::find_node, Method::get_peers}) {
    const Buffer wire = world.ask(world.query(method));
    const auto answer = read<Answer>(wire);
    CHECK(as_text(answer.transaction) == "tt");
    CHECK(answer.asker == kAsker);
    CHECK(answer.sender == kOwn);
    CHECK(answer.nodes.has_value() == (method != Method::ping));
    CHECK(answer.token.empty() == (method != Method::get_peers));
  }
  Query unknown = world.query(Method::unknown);
  unknown.fault = ErrorCode::unknown_method;
  const Buffer wire = world.ask(unknown);
  CHECK(read<Failure>(wire).code == 204);
  CHECK(read<Failure>(wire).asker == kAsker);
}

TEST_CASE("responder: announced peers are stored and told, always with nodes") {
  World world;
  for (std::uint32_t n = 1; n <= 20; ++n) {
    world.table.add_answering(kStart,
                              {id_of(static_cast<std::uint16_t>(n * 3'001)), node_endpoint(n)});
  }
  const Buffer first = world.ask(world.query(Method::get_peers));
  CHECK(read<Answer>(first).nodes->size() == 8);
  Query announce = world.query(Method::announce_peer);
  const Buffer token = to_buffer(read<Answer>(first).token);
  announce.token = token;
  announce.port = 99;
  announce.port_source = PortSource::implied;
  read<Answer>(world.ask(announce));
  REQUIRE(world.stored.has_value());
  CHECK(world.stored->peer == kAsker);
  // At another port of its own, which it names.
  announce.port_source = PortSource::given;
  CHECK(read<Answer>(world.ask(announce)).sender == kOwn);
  CHECK(world.stored->peer == Endpoint{kAsker.address, 99});

  const Buffer second = world.ask(world.query(Method::get_peers), node_endpoint(77));
  CHECK(read<Answer>(second).peers.size() == 2);
  CHECK(read<Answer>(second).nodes->size() == 8);
  CHECK_FALSE(read<Answer>(second).token.empty());
}

TEST_CASE("responder: without the right token nothing is stored") {
  World world;
  const Buffer given = world.ask(world.query(Method::get_peers));
  const Buffer token = to_buffer(read<Answer>(given).token);
  Query announce = world.query(Method::announce_peer);
  announce.port_source = PortSource::implied;
  announce.token = token;
  const auto refused = [&](const Query& query, const Endpoint& from, Instant now) {
    const Buffer wire = world.ask(query, from, now);
    return read<Failure>(wire).code == 203 && !world.stored;
  };
  CHECK(refused(announce, endpoint_of("20.200.0.2:7000"), kStart));
  Query other_hash = announce;
  other_hash.info_hash = hash_of(0x5556);
  CHECK(refused(other_hash, kAsker, kStart));
  Query no_token = announce;
  no_token.token = {};
  CHECK(refused(no_token, kAsker, kStart));
  CHECK(refused(announce, kAsker, kStart + minutes(11)));
  CHECK(world.responder.store().hash_count() == 0);
}

TEST_CASE("responder: a full store gives no token and says that it is full") {
  Limits limits;
  limits.stored_hashes = 1;
  World world(limits);
  const Buffer given = world.ask(world.query(Method::get_peers));
  const Buffer token = to_buffer(read<Answer>(given).token);
  REQUIRE(world.responder.store().add(kStart, hash_of(1), node_endpoint(1)));
  const Buffer second = world.ask(world.query(Method::get_peers));
  CHECK(read<Answer>(second).token.empty());
  Query announce = world.query(Method::announce_peer);
  announce.port_source = PortSource::implied;
  announce.token = token;
  const Buffer refused = world.ask(announce);
  CHECK(read<Failure>(refused).code == 202);
}

TEST_CASE("responder: answers to unproven addresses stay small, to known nodes within a datagram") {
  World world;
  for (std::uint32_t n = 1; n <= 20; ++n) {
    world.table.add_answering(kStart,
                              {id_of(static_cast<std::uint16_t>(n * 3'001)), node_endpoint(n)});
  }
  for (std::uint32_t n = 0; n < 100; ++n) {
    world.responder.store().add(kStart, hash_of(0x5555), node_endpoint(1000 + n));
  }
  const Query query = world.query(Method::get_peers);
  const Buffer to_stranger = world.ask(query);
  CHECK(to_stranger.size() <= 3 * encode(query).size() + 8 * 26);
  CHECK(read<Answer>(to_stranger).peers.size() >= 10);
  const Buffer to_node = world.ask(query, node_endpoint(1));
  CHECK(to_node.size() <= 1024);
  CHECK(read<Answer>(to_node).peers.size() >= 70);
  // However short the query that earns an error.
  Query fault;
  fault.transaction = as_bytes("a");
  fault.fault = ErrorCode::protocol;
  for (std::size_t bytes = 14; bytes < 60; ++bytes) {
    auto outcome = world.responder.answer(kStart, kAsker, fault, bytes);
    const auto* reply = std::get_if<Responder::Reply>(&outcome);
    CHECK((reply == nullptr || reply->datagram.size() <= 3 * bytes));
  }
}

TEST_CASE("responder: who asks too often is ignored") {
  World world;
  const Query ping = world.query(Method::ping);
  std::size_t answered = 0;
  for (int i = 0; i < 500; ++i) answered += world.ask(ping).empty() ? 0 : 1;
  CHECK(answered == 150);
  const auto outcome = world.responder.answer(kStart, kAsker, ping, 60);
  CHECK(*std::get_if<Drop>(&outcome) == Drop::source_limit);
  CHECK_FALSE(world.ask(ping, node_endpoint(1)).empty());
  CHECK_FALSE(world.ask(ping, kAsker, kStart + milliseconds(100)).empty());
}

TEST_CASE("responder: all answers together are limited in bytes") {
  Limits limits;
  limits.answer_burst_bytes = 20'000;
  limits.answer_bytes_per_second = 32'000;
  World world(limits);
  const Query ping = world.query(Method::ping);
  std::size_t bytes = 0;
  for (std::uint32_t i = 0; i < 500; ++i) bytes += world.ask(ping, node_endpoint(i)).size();
  CHECK(bytes <= 20'000);
  CHECK(bytes >= 18'000);
  const auto outcome = world.responder.answer(kStart, node_endpoint(501), ping, 60);
  CHECK(*std::get_if<Drop>(&outcome) == Drop::total_limit);
  // A second is worth 32 kB, but no more than the burst is kept.
  bytes = 0;
  const Instant later = kStart + seconds(1);
  for (std::uint32_t i = 0; i < 500; ++i) bytes += world.ask(ping, node_endpoint(i), later).size();
  CHECK(bytes <= 20'000);
  CHECK(bytes >= 18'000);
}

TEST_CASE("responder: who samples info-hashes gets nodes and no hash") {
  World world;
  world.table.add_answering(kStart, {id_of(1), node_endpoint(1)});
  Query get = world.query(Method::get_peers);
  const Buffer granted = world.ask(get);
  const Buffer token = to_buffer(read<Answer>(granted).token);
  Query announce = world.query(Method::announce_peer);
  announce.port_source = PortSource::implied;
  announce.token = token;
  world.ask(announce);
  REQUIRE(world.stored.has_value());
  const Buffer wire = world.ask(world.query(Method::sample_infohashes));
  const auto answer = read<Answer>(wire);
  REQUIRE(answer.samples.has_value());
  CHECK(answer.samples->info_hashes.empty());
  CHECK(answer.samples->stored_count == 0);
  CHECK(answer.samples->interval_seconds == 21'600);
  CHECK(answer.nodes->size() == 1);
}

TEST_CASE("responder: an unknown method about a point is answered with nodes, else by 204") {
  World world;
  world.table.add_answering(kStart, {id_of(1), node_endpoint(1)});
  Query unknown = world.query(Method::unknown);
  auto outcome = world.responder.answer(kStart, kAsker, unknown, 100);
  CHECK(read<Answer>(std::get_if<Responder::Reply>(&outcome)->datagram).nodes->size() == 1);
  unknown.fault = ErrorCode::unknown_method;
  outcome = world.responder.answer(kStart, kAsker, unknown, 100);
  CHECK(read<Failure>(std::get_if<Responder::Reply>(&outcome)->datagram).code == 204);
}
