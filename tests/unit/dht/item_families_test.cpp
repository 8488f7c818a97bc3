// SPDX-License-Identifier: Apache-2.0
// One lookup for an item walks both families (BEP 32): nothing is told twice, what comes of it is
// one sum.
#include <optional>
#include <vector>

#include <doctest/doctest.h>

#include "core/dht/dht.h"
#include "core/dht/item_fields.h"
#include "core/dht/krpc.h"
#include "tests/unit/dht/items.h"
#include "tests/unit/dht/points.h"

using namespace lanyard;
using namespace lanyard::dht;

namespace {

const Endpoint kFour = node_endpoint(1);
const Endpoint kSix = endpoint_of("[2001:db8::1]:4000");

// A node that knows one node of each family, which the test speaks for.
struct Subject {
  Subject() : rng(1) {
    Settings settings;
    settings.bootstrap = {kFour, kSix};
    dht.emplace(settings, rng);
    dht->start(kStart, 4000, {.v4 = true, .v6 = true}, out);
    // They tell of themselves, and of nobody else.
    for (int round = 0; round < 3; ++round) {
      for (const Endpoint& node : {kFour, kSix}) answer_at(node, {});
    }
    events.clear();
  }

  // Answers what was asked of that node; the methods.
  std::vector<Method> answer_at(const Endpoint& node,
                                const ItemFields& item,
                                std::int64_t put_error = 0) {
    std::vector<Method> methods;
    Datagrams asked;
    std::swap(asked, out);
    for (const Datagram& datagram : asked) {
      if (datagram.to != node) {
        out.push_back(datagram);
        continue;
      }
      const auto message = parse_message(datagram.payload);
      const auto& query = *std::get_if<Query>(&*message);
      methods.push_back(query.method);
      Answer answer;
      answer.transaction = query.transaction;
      answer.sender = id_of(node == kFour ? 1 : 2);
      if (query.method == Method::get) {
        answer.item = item;
        answer.token = as_bytes("token");
      }
      Buffer wire = encode(answer);
      if (query.method == Method::put && put_error != 0) {
        wire = encode(Failure{.transaction = query.transaction,
                              .asker = {},
                              .code = put_error,
                              .text = as_bytes("no")});
      }
      dht->handle_datagram(kStart, node, wire, out, events);
    }
    return methods;
  }

  template <typename T>
  std::vector<T> all() const {
    std::vector<T> found;
    for (const Event& event : events) {
      if (const auto* it = std::get_if<T>(&event)) found.push_back(*it);
    }
    return found;
  }

  SeededRng rng;
  std::optional<Dht> dht;
  Datagrams out;
  Events events;
};

using Methods = std::vector<Method>;

}  // namespace

TEST_CASE("items of both families: each version is told once, an older one never") {
  Subject subject;
  const MutableItem older = version(1, 5, "older");
  const MutableItem newer = version(1, 6, "newer");
  for (const auto& [at_four, at_six, told] :
       {std::tuple{older, newer, 2u}, std::tuple{newer, older, 1u}, std::tuple{newer, newer, 1u}}) {
    subject.events.clear();
    subject.dht->get_item(kStart, older.key, {}, std::nullopt, subject.out, subject.events);
    CHECK(subject.answer_at(kFour, fields_of(at_four)) == Methods{Method::get});
    CHECK(subject.all<ItemDone>().empty());
    CHECK(subject.answer_at(kSix, fields_of(at_six)) == Methods{Method::get});
    const auto found = subject.all<ItemFound>();
    REQUIRE(found.size() == told);
    CHECK(found.back().item == Item(newer));
    REQUIRE(subject.all<ItemDone>().size() == 1);
    CHECK(subject.all<ItemDone>()[0].answered == 2);
  }
}

TEST_CASE("items of both families: put in both, and a conflict in one is told") {
  Subject subject;
  const MutableItem item = version(1, 5, "value");
  subject.dht->put_item(kStart, item, std::nullopt, subject.out, subject.events);
  CHECK(subject.answer_at(kFour, {}) == Methods{Method::get});
  CHECK(subject.answer_at(kFour, {}) == Methods{Method::put});
  CHECK(subject.answer_at(kSix, {}) == Methods{Method::get});
  CHECK(subject.answer_at(kSix, {}, 302) == Methods{Method::put});
  REQUIRE(subject.all<ItemDone>().size() == 1);
  CHECK(subject.all<ItemDone>()[0].stored_at == 1);
  CHECK(subject.all<ItemDone>()[0].conflict == Conflict::newer);
  CHECK(subject.all<ItemFound>().empty());
}

TEST_CASE("items of both families: no event after cancel() and after release_item()") {
  Subject subject;
  const MutableItem item = version(1, 5, "value");
  const LookupId lookup =
      subject.dht->get_item(kStart, item.key, {}, std::nullopt, subject.out, subject.events);
  subject.dht->cancel(lookup);
  subject.answer_at(kFour, fields_of(item));
  subject.answer_at(kSix, fields_of(item));
  CHECK(subject.events.empty());

  const LookupId kept = subject.dht->keep_item(kStart, item, subject.out, subject.events);
  subject.dht->cancel(kept);  // not for kept items
  subject.answer_at(kFour, {});
  CHECK(subject.answer_at(kFour, {}) == Methods{Method::put});
  subject.dht->release_item(item.target());
  subject.answer_at(kSix, {});
  CHECK(subject.events.empty());
}
