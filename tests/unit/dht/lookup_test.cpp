// SPDX-License-Identifier: Apache-2.0
#include "core/dht/lookup.h"

#include <string_view>

#include <doctest/doctest.h>

#include "tests/unit/dht/points.h"

using namespace lanyard;
using namespace lanyard::dht;

namespace {

const NodeId kOwn = id_of(0xffff);
const NodeId kTarget = id_of(0);

// The smaller n, the closer.
Contact node(std::uint16_t n) { return {id_of(n), node_endpoint(n)}; }

Bytes token() { return as_bytes("token"); }

void ask_all(Lookup& lookup) {
  for (const Contact& contact : lookup.askable()) lookup.asked(contact.endpoint);
}

}  // namespace

TEST_CASE("lookup: asks the closest, four at a time") {
  Lookup lookup(kOwn, kTarget, Mode::private_);
  CHECK(lookup.is_finished());
  for (std::uint16_t n = 20; n > 0; --n) lookup.add(node(n));
  CHECK_FALSE(lookup.is_finished());
  const auto first = lookup.askable();
  REQUIRE(first.size() == 4);
  CHECK(first[0] == node(1));
  CHECK(first[3] == node(4));
  ask_all(lookup);
  CHECK(lookup.askable().empty());
  lookup.answered(node(2), token());
  CHECK(lookup.askable() == std::vector<Contact>{node(5)});
  // One that is slow leaves its place to another, before it is itself asked again.
  lookup.slow(node(1).endpoint);
  const auto next = lookup.askable();
  REQUIRE(next.size() == 2);
  CHECK(next[0] == node(5));
  CHECK(next[1] == node(6));
}

TEST_CASE("lookup: ends when the eight closest that answer have answered") {
  Lookup lookup(kOwn, kTarget, Mode::private_);
  for (std::uint16_t n = 1; n <= 20; ++n) lookup.add(node(n));
  lookup.failed(node(2).endpoint);
  for (std::uint16_t n = 1; n <= 8; ++n) {
    if (n != 2) lookup.answered(node(n), token());
  }
  CHECK(lookup.answer_count() == 7);
  CHECK_FALSE(lookup.is_finished());
  CHECK(lookup.announceable().empty());
  // Node 10 as well, since the path of the even ones has three answers only.
  CHECK(lookup.askable() == std::vector<Contact>{node(9), node(10)});
  // A closer one turns up late.
  lookup.add({id_of(0, 1), node_endpoint(40)});
  lookup.answered(node(9), token());
  lookup.answered(node(10), token());
  CHECK_FALSE(lookup.is_finished());
  CHECK(lookup.askable() == std::vector<Contact>{{id_of(0, 1), node_endpoint(40)}});
  lookup.answered({id_of(0, 1), node_endpoint(40)}, {});
  CHECK(lookup.is_finished());
  // Nodes 9 and 10 are too far now, and one gave no token.
  CHECK(lookup.announceable().size() == 7);
  CHECK_FALSE(lookup.admits({id_of(10), node_endpoint(99)}));
  CHECK(lookup.admits({id_of(1, 1), node_endpoint(99)}));
}

TEST_CASE("lookup: where tokens are needed, whoever gives none is passed over") {
  Lookup lookup(kOwn, kTarget, Mode::private_, Defences::all, Needs::token);
  for (std::uint16_t n = 1; n <= 30; ++n) lookup.add(node(n));
  for (std::uint16_t n = 1; n <= 16; ++n) {
    CHECK_FALSE(lookup.is_finished());
    CHECK(lookup.announceable().empty());
    lookup.answered(node(n), n % 4 < 2 ? token() : Bytes());
  }
  // Numbers with the remainder 0 and 1, on both paths: eight of the first sixteen.
  CHECK(lookup.answer_count() == 16);
  CHECK(lookup.is_finished());
  const auto first = lookup.announceable();
  REQUIRE(first.size() == 8);
  CHECK(first[0].to == node(1).endpoint);
  CHECK(first[7].to == node(16).endpoint);
  CHECK_FALSE(lookup.admits({id_of(17), node_endpoint(99)}));
  CHECK(lookup.admits({id_of(15), node_endpoint(99)}));
  for (const auto& announcement : first) lookup.announced(announcement.to);
  for (const auto& announcement : first) lookup.announcement_stored(announcement.to);
  CHECK(lookup.announceable().empty());
  CHECK(lookup.stored_count() == 8);
}

TEST_CASE("lookup: who cannot store leaves the place to the next, who refuses does not") {
  Lookup lookup(kOwn, kTarget, Mode::private_, Defences::all, Needs::token);
  for (std::uint16_t n = 1; n <= 20; ++n) lookup.add(node(n));
  for (std::uint16_t n = 1; n <= 8; ++n) lookup.answered(node(n), token());
  REQUIRE(lookup.announceable().size() == 8);
  for (std::uint16_t n = 1; n <= 8; ++n) lookup.announced(node(n).endpoint);
  lookup.announcement_refused(node(3).endpoint);
  CHECK(lookup.askable().empty());
  lookup.cannot_store(node(5).endpoint);
  lookup.cannot_store(node(6).endpoint);
  const auto next = lookup.askable();
  REQUIRE(next.size() == 2);
  CHECK(next[0] == node(9));
  CHECK(next[1] == node(10));
  lookup.answered(node(9), token());
  lookup.answered(node(10), token());
  const auto more = lookup.announceable();
  REQUIRE(more.size() == 2);
  CHECK(more[0].to == node(9).endpoint);
}

TEST_CASE("lookup: a slow node delays no announcement but is heard if it answers late") {
  Lookup lookup(kOwn, kTarget, Mode::private_);
  for (std::uint16_t n = 1; n <= 12; ++n) lookup.add(node(n));
  ask_all(lookup);
  for (std::uint16_t n = 2; n <= 5; ++n) lookup.answered(node(n), token());
  CHECK(lookup.announceable().empty());
  lookup.slow(node(1).endpoint);
  CHECK(lookup.announceable().size() == 4);
  for (std::uint16_t n = 6; n <= 9; ++n) lookup.answered(node(n), token());
  CHECK_FALSE(lookup.is_finished());
  CHECK(lookup.announceable().size() == 8);
  CHECK(lookup.askable() == std::vector<Contact>{node(1)});
  ask_all(lookup);
  lookup.failed(node(1).endpoint);  // the first query, while the second is under way
  CHECK_FALSE(lookup.is_finished());
  lookup.answered(node(1), token());
  CHECK(lookup.is_finished());
  const auto announceable = lookup.announceable();
  REQUIRE(announceable.size() == 8);
  CHECK(announceable[0].to == node(1).endpoint);
}

TEST_CASE("lookup: who was slow twice is waited for only while nobody has answered") {
  Lookup lookup(kOwn, kTarget, Mode::private_);
  lookup.add(node(1));
  lookup.add(node(2));
  for (int i = 0; i < 2; ++i) {
    ask_all(lookup);
    lookup.slow(node(1).endpoint);
    lookup.slow(node(2).endpoint);
  }
  CHECK(lookup.askable().empty());
  CHECK_FALSE(lookup.is_finished());
  lookup.answered(node(2), token());
  CHECK(lookup.is_finished());
}

TEST_CASE("lookup: an announcement is repeated once, and waited for a second") {
  Lookup lookup(kOwn, kTarget, Mode::private_);
  for (std::uint16_t n = 1; n <= 3; ++n) {
    lookup.add(node(n));
    lookup.answered(node(n), token());
  }
  CHECK(lookup.announceable().size() == 3);
  for (std::uint16_t n = 1; n <= 3; ++n) lookup.announced(node(n).endpoint);
  CHECK(lookup.announceable().empty());
  CHECK_FALSE(lookup.is_finished());
  lookup.announcement_stored(node(1).endpoint);
  lookup.announcement_refused(node(2).endpoint);
  lookup.announcement_slow(node(3).endpoint);
  REQUIRE(lookup.announceable().size() == 1);
  CHECK(lookup.announceable()[0].to == node(3).endpoint);
  lookup.announced(node(3).endpoint);
  lookup.announcement_stored(node(3).endpoint);  // the first one, late
  lookup.announcement_slow(node(3).endpoint);
  CHECK(lookup.announceable().empty());
  CHECK(lookup.is_finished());
  CHECK(lookup.stored_count() == 2);
}

TEST_CASE("lookup: among few nodes each is announced to at once") {
  Lookup lookup(kOwn, kTarget, Mode::private_);
  lookup.add(node(1));
  lookup.add(node(2));
  ask_all(lookup);
  lookup.answered(node(2), token());
  CHECK(lookup.announceable().size() == 1);
  CHECK_FALSE(lookup.is_finished());
  CHECK(lookup.admits({kOwn, node_endpoint(99)}));
}

TEST_CASE("lookup: candidates are bounded") {
  Lookup lookup(kOwn, kTarget, Mode::private_);
  for (std::uint16_t n = 1000; n > 0; --n) lookup.add(node(n));
  lookup.add({kOwn, node_endpoint(5000)});
  CHECK(lookup.askable()[0] == node(1));
  std::size_t asked = 0;
  for (auto next = lookup.askable(); !next.empty(); next = lookup.askable()) {
    lookup.failed(next[0].endpoint);
    ++asked;
  }
  CHECK(asked == Lookup::kMaxCandidates);
  CHECK(lookup.is_finished());
}

TEST_CASE("lookup: of one address or id there is one among the closest, the first that answers") {
  Lookup lookup(kOwn, kTarget, Mode::private_);
  for (std::uint16_t n = 1; n <= 9; ++n) lookup.add(node(n));
  const Contact made_up = {id_of(0, 1), Endpoint{node_endpoint(1).address, 9}};
  const Contact namesake = {id_of(2), node_endpoint(5001)};
  lookup.add(made_up);
  lookup.add(namesake);
  CHECK(lookup.askable()[0] == made_up);
  CHECK(lookup.askable()[1] == node(2));
  lookup.asked(made_up.endpoint);
  CHECK(lookup.askable()[0] == node(2));
  // What nobody answers for keeps nobody out.
  lookup.failed(made_up.endpoint);
  lookup.failed(namesake.endpoint);
  CHECK(lookup.askable()[0] == node(1));
  for (std::uint16_t n = 1; n <= 9; ++n) lookup.answered(node(n), token());
  lookup.answered(made_up, token());
  CHECK(lookup.is_finished());
  const auto stores = lookup.announceable();
  REQUIRE(stores.size() == 8);
  CHECK(stores[0].to == made_up.endpoint);
  CHECK(stores[1].to == node(2).endpoint);
  CHECK(stores[7].to == node(8).endpoint);
}

TEST_CASE("lookup: a node that answers under another id takes the place of that") {
  Lookup lookup(kOwn, kTarget, Mode::private_);
  for (std::uint16_t n = 1; n <= 9; ++n) lookup.add(node(n));
  for (std::uint16_t n = 2; n <= 9; ++n) lookup.answered(node(n), token());
  lookup.answered({id_of(0x7000), node_endpoint(1)}, token());
  CHECK(lookup.is_finished());
  CHECK(lookup.announceable().front().to == node_endpoint(2));
  lookup.answered(node(50), token());  // nobody asked
  CHECK(lookup.answer_count() == 9);
}
