// SPDX-License-Identifier: Apache-2.0
// What a node answers to get and put (BEP 44), and what that may cost it.
#include <doctest/doctest.h>

#include "core/dht/item_fields.h"
#include "core/dht/responder.h"
#include "tests/unit/dht/items.h"
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

  Buffer ask(const Query& query, const Endpoint& from, Instant now) {
    auto outcome = responder.answer(now, from, query, encode(query).size());
    auto* reply = std::get_if<Responder::Reply>(&outcome);
    REQUIRE(reply != nullptr);
    return std::move(reply->datagram);
  }

  Buffer get(const ItemTarget& target,
             std::optional<std::int64_t> known = {},
             const Endpoint& from = kAsker,
             Instant now = kStart) {
    Query query;
    query.transaction = as_bytes("tt");
    query.method = Method::get;
    query.target = target.position();
    query.item.sequence = known;
    return ask(query, from, now);
  }

  Buffer token_for(const ItemTarget& target, const Endpoint& from = kAsker, Instant now = kStart) {
    const Buffer wire = get(target, {}, from, now);
    const auto message = parse_message(wire);
    return to_buffer(std::get_if<Answer>(&*message)->token);
  }

  // 0: taken; else the error's code.
  std::int64_t put(const ItemFields& fields,
                   Bytes token,
                   const Endpoint& from = kAsker,
                   Instant now = kStart) {
    Query query;
    query.transaction = as_bytes("tt");
    query.method = Method::put;
    query.token = token;
    query.item = fields;
    const Buffer wire = ask(query, from, now);
    const auto message = parse_message(wire);
    REQUIRE(message);
    const auto* failure = std::get_if<Failure>(&*message);
    return failure == nullptr ? 0 : failure->code;
  }
  std::int64_t put(const Item& item, const Endpoint& from = kAsker, Instant now = kStart) {
    const Buffer token = token_for(target_of(item), from, now);
    return put(fields_of(item), token, from, now);
  }

  SeededRng rng;
  Counters counters;
  RoutingTable table;
  AnswerBudget budget;
  Responder responder;
};

// The views in it live as long as wire.
Answer read(const Buffer& wire) {
  const auto message = parse_message(wire);
  REQUIRE(message);
  const auto* answer = std::get_if<Answer>(&*message);
  REQUIRE(answer != nullptr);
  return *answer;
}

void know_nodes(World& world, std::uint32_t count) {
  for (std::uint32_t n = 1; n <= count; ++n) {
    world.table.add_answering(kStart,
                              {id_of(static_cast<std::uint16_t>(n * 3'001)), node_endpoint(n)});
  }
}

}  // namespace

TEST_CASE("get and put: what was put comes back byte for byte, with nodes and a token") {
  World world;
  know_nodes(world, 20);
  const MutableItem item = version(1, 5, "value", "salt");
  const Buffer before = world.get(item.target());
  CHECK(read(before).item.value.empty());
  REQUIRE(world.put(item) == 0);
  const Buffer wire = world.get(item.target());
  const Answer answer = read(wire);
  CHECK(equal(answer.item.value, item.value));
  CHECK(equal(answer.item.key, item.key.bytes));
  CHECK(equal(answer.item.signature, item.signature));
  CHECK(answer.item.sequence == 5);
  CHECK(answer.nodes->size() == 8);
  CHECK(answer.token.size() == 8);

  const ImmutableItem fixed = immutable("for ever");
  REQUIRE(world.put(fixed) == 0);
  const Buffer fixed_wire = world.get(fixed.target());
  const Answer fixed_answer = read(fixed_wire);
  CHECK(equal(fixed_answer.item.value, fixed.value));
  CHECK(fixed_answer.item.key.empty());
  CHECK_FALSE(fixed_answer.item.sequence);
}

TEST_CASE("get: who has this version or a newer one is told the sequence alone") {
  World world;
  const MutableItem item = version(1, 5, "value");
  REQUIRE(world.put(item) == 0);
  for (const std::int64_t known : {5, 6}) {
    const Buffer wire = world.get(item.target(), known);
    const Answer answer = read(wire);
    CHECK(answer.item.value.empty());
    CHECK(answer.item.key.empty());
    CHECK(answer.item.signature.empty());
    CHECK(answer.item.sequence == 5);
    CHECK_FALSE(answer.token.empty());
  }
  const Buffer wire = world.get(item.target(), 4);
  CHECK(equal(read(wire).item.value, item.value));
}

TEST_CASE("put: every refusal has its code, and changes nothing") {
  World world;
  const MutableItem item = version(1, 5, "value");
  REQUIRE(world.put(item) == 0);
  const Buffer token = world.token_for(item.target());
  const MutableItem newer = version(1, 6, "newer");

  CHECK(world.put(fields_of(newer), {}) == 203);
  CHECK(world.put(fields_of(newer), Buffer(8)) == 203);
  CHECK(world.put(fields_of(newer), token, endpoint_of("20.200.0.2:7000")) == 203);
  CHECK(world.put(fields_of(version(2, 6, "another key's")), token) == 203);

  MutableItem fault = newer;
  fault.value = text_value(997);
  CHECK(world.put(fault) == 205);
  fault = newer;
  fault.salt = Buffer(65, 's');
  CHECK(world.put(fault) == 207);
  fault = newer;
  fault.signature[9] = static_cast<std::uint8_t>(fault.signature[9] ^ 1);
  CHECK(world.put(fault) == 206);
  CHECK(world.put(ImmutableItem{text_value(997)}) == 205);

  CHECK(world.put(version(1, 4, "older")) == 302);
  CHECK(world.put(version(1, 5, "another")) == 302);
  ItemFields fields = fields_of(newer);
  fields.replaces_sequence = 4;
  CHECK(world.put(fields, token) == 301);
  const Buffer wire = world.get(item.target());
  CHECK(equal(read(wire).item.value, item.value));

  fields.replaces_sequence = 5;
  CHECK(world.put(fields, token) == 0);
  const Buffer replaced = world.get(item.target());
  CHECK(equal(read(replaced).item.value, newer.value));
  CHECK(world.put(ImmutableItem{text_value(996)}) == 0);
  CHECK(world.put(fields_of(newer), token, kAsker, kStart + minutes(11)) == 203);
}

TEST_CASE("put: what is refused for less costs no look at its signature") {
  Limits limits;
  limits.verify_burst = 3;
  limits.verify_interval = hours(1);
  World world(limits);
  MutableItem forged = version(1, 5, "value");
  REQUIRE(world.put(forged) == 0);  // the first of three
  forged.signature[9] = static_cast<std::uint8_t>(forged.signature[9] ^ 1);
  const Buffer token = world.token_for(forged.target());
  for (int i = 0; i < 5; ++i) {
    forged.sequence = 4;
    CHECK(world.put(fields_of(forged), token) == 302);
    CHECK(world.put(fields_of(forged), {}) == 203);
    forged.sequence = 6;
    ItemFields fields = fields_of(forged);
    fields.replaces_sequence = 1;
    CHECK(world.put(fields, token) == 301);
  }
  CHECK(world.put(version(1, 5, "value")) == 0);  // the very same: nothing to check
  CHECK(world.put(fields_of(forged), token) == 206);
  CHECK(world.put(fields_of(forged), token) == 206);
  // Spent. What needs no signature is stored all the same.
  CHECK(world.put(fields_of(forged), token) == 202);
  CHECK(world.put(immutable("fixed")) == 0);
  CHECK(world.put(version(1, 6, "newer"), kAsker, kStart + hours(1)) == 0);
}

TEST_CASE("put: one address may bring so many in a time") {
  Limits limits;
  limits.put_burst_per_address = 4;
  World world(limits);
  int taken = 0;
  for (int n = 0; n < 8; ++n) taken += world.put(immutable(std::to_string(n))) == 0 ? 1 : 0;
  CHECK(taken == 4);
  CHECK(world.put(immutable("9"), endpoint_of("20.200.1.1:1")) == 0);
  CHECK(world.put(immutable("9"), kAsker, kStart + seconds(6)) == 0);
}

TEST_CASE("get: without room for an item there is no token, and a put finds none") {
  Limits limits;
  limits.items_per_address = 1;
  World world(limits);
  const Buffer early = world.token_for(target_of(immutable("second")));
  REQUIRE(world.put(immutable("first")) == 0);
  CHECK(world.token_for(target_of(immutable("second"))).empty());
  CHECK_FALSE(world.token_for(target_of(immutable("first"))).empty());
  CHECK(world.put(fields_of(immutable("second")), early) == 202);
}

TEST_CASE("get: the longest item leaves room for nodes, and no answer is too long") {
  World world;
  know_nodes(world, 20);
  RoutingTable other(kOwn, Mode::public_);
  for (std::uint16_t n = 1; n <= 20; ++n) {
    const auto address = IpAddress::from_v6({0x20, 0x01, 0, static_cast<std::uint8_t>(n)});
    other.add_answering(kStart, {id_of(static_cast<std::uint16_t>(n * 3'000)), {address, 5}});
  }
  world.responder.set_other_table(other);
  const Item item = *sign_item(item_key(1), {}, 5, text_value(996));
  REQUIRE(world.put(item) == 0);
  Query query;
  query.transaction = as_bytes("tttttttt");
  query.method = Method::get;
  query.target = target_of(item).position();
  for (const Families want : {Families{}, Families{.v4 = true, .v6 = true}}) {
    query.want = want;
    const Buffer wire = world.ask(query, node_endpoint(1), kStart);
    CHECK(wire.size() <= 1400);
    CHECK(wire.size() > 1360);
    const Answer answer = read(wire);
    CHECK(answer.item.value.size() == 1000);
    CHECK(answer.nodes->size() >= 2);
    CHECK(answer.nodes6.has_value() == want.v6);
  }
}

TEST_CASE("get: long items go to unproven addresses seldom, to nodes that answered always") {
  World world;
  know_nodes(world, 20);
  const Item item = *sign_item(item_key(1), {}, 5, text_value(900));
  REQUIRE(world.put(item) == 0);
  const auto is_told = [&](const Endpoint& to, Instant now) {
    const Buffer wire = world.get(target_of(item), {}, to, now);
    const Answer answer = read(wire);
    CHECK(answer.item.sequence == 5);
    CHECK(answer.item.key.empty() == answer.item.value.empty());
    return !answer.item.value.empty();
  };
  const Instant later = kStart + minutes(1);
  int told = 0;
  for (int i = 0; i < 50; ++i) told += is_told(kAsker, later) ? 1 : 0;
  CHECK(told == 10);
  // Many addresses together.
  for (std::uint32_t n = 100; n < 200; ++n) told += is_told(node_endpoint(n), later) ? 1 : 0;
  CHECK(told == 60);
  CHECK(is_told(node_endpoint(1), later));
  CHECK(is_told(node_endpoint(200), later + seconds(1)));
  // A short one is no burden.
  REQUIRE(world.put(immutable("short"), node_endpoint(300), later) == 0);
  const Buffer wire = world.get(target_of(immutable("short")), {}, node_endpoint(301), later);
  CHECK_FALSE(read(wire).item.value.empty());
}
