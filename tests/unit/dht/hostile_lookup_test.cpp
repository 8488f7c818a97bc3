// SPDX-License-Identifier: Apache-2.0
// Lookups among liars: ids out of place, subnets full of nodes, paths led astray.
#include <algorithm>

#include <doctest/doctest.h>

#include "core/dht/bound_id.h"
#include "core/dht/lookup.h"
#include "tests/unit/dht/points.h"

using namespace lanyard;
using namespace lanyard::dht;

namespace {

const NodeId kOwn = id_of(0xffff);
const NodeId kTarget = id_of(0);

// The smaller n, the closer; none fits its address.
Contact node(std::uint16_t n) { return {id_of(n), node_endpoint(n)}; }

Contact fitting(std::uint16_t n, Rng& rng) {
  const Endpoint endpoint = node_endpoint(0x1000u + n);
  return {random_id_for(endpoint.address, rng), endpoint};
}

// Far away, gone, and half of them on each path: nothing that is told after them changes paths.
void add_dead_seeds(Lookup& lookup) {
  for (std::uint16_t n = 0x9000; n < 0x9008; ++n) lookup.add(node(n));
  for (std::uint16_t n = 0x9000; n < 0x9008; ++n) lookup.failed(node(n).endpoint);
}

void answer(Lookup& lookup, const Contact& contact) {
  lookup.asked(contact.endpoint);
  lookup.answered(contact, as_bytes("token"));
}

}  // namespace

TEST_CASE("lookup: ids that do not fit their address yield to those that do") {
  Lookup lookup(kOwn, kTarget, Mode::public_);
  SeededRng rng(1);
  for (std::uint16_t n = 1; n <= 8; ++n) answer(lookup, (lookup.add(node(n)), node(n)));
  CHECK(lookup.is_finished());
  CHECK(lookup.announceable().size() == 8);  // better than nobody
  std::vector<Contact> fit;
  for (std::uint16_t n = 0; n < 8; ++n) fit.push_back(fitting(n, rng));
  for (const Contact& contact : fit) lookup.add(contact);
  CHECK_FALSE(lookup.is_finished());
  for (const Contact& contact : fit) answer(lookup, contact);
  CHECK(lookup.is_finished());
  const auto chosen = lookup.announceable();
  REQUIRE(chosen.size() == 8);
  for (const auto& announcement : chosen) {
    CHECK(std::any_of(fit.begin(), fit.end(),
                      [&](const Contact& c) { return c.endpoint == announcement.to; }));
  }
  CHECK_FALSE(lookup.admits(node(0)));
}

TEST_CASE("lookup: who answers with another id is judged by that one") {
  Lookup lookup(kOwn, kTarget, Mode::public_);
  SeededRng rng(1);
  const Contact promised = fitting(1, rng);
  const Contact honest = fitting(2, rng);
  lookup.add(promised);
  lookup.add(honest);
  answer(lookup, {id_of(0, 1), promised.endpoint});
  answer(lookup, honest);
  CHECK(lookup.announceable().front().to == honest.endpoint);
}

TEST_CASE("lookup: one subnet has two places, where subnets are limited") {
  for (const Mode mode : {Mode::public_, Mode::private_}) {
    Lookup lookup(kOwn, kTarget, mode);
    for (std::uint16_t n = 1; n <= 8; ++n) {
      const IpAddress address = IpAddress::from_v4(0x14000000u + n);
      lookup.add({id_of(n), {address, 4000}});
    }
    const std::size_t expected = mode == Mode::public_ ? 2 : 4;
    CHECK(lookup.askable().size() == expected);
    lookup.failed(endpoint_of("20.0.0.1:4000"));
    lookup.add({id_of(9), endpoint_of("20.0.0.9:4000")});
    CHECK(lookup.askable().size() == expected);
  }
}

TEST_CASE("lookup: a liar leads one path astray, the other finds the nodes") {
  Lookup lookup(kOwn, kTarget, Mode::private_);
  // A seed for each path; the first one names nothing but what does not exist, very close.
  const Contact liar = node(0x8000);
  const Contact honest = node(0x8001);
  lookup.add(liar);
  lookup.add(honest);
  add_dead_seeds(lookup);
  answer(lookup, liar);
  for (std::uint16_t n = 100; n < 104; ++n) lookup.add_told(honest.endpoint, node(n));
  for (std::uint16_t n = 1; n <= 40; ++n) lookup.add_told(liar.endpoint, node(n));
  answer(lookup, honest);
  // The false ones take three of the four questions, and would have taken all for long.
  const auto asked = lookup.askable();
  REQUIRE(asked.size() == 4);
  CHECK(std::count_if(asked.begin(), asked.end(), [](const Contact& c) {
          return c.endpoint.address > node(99).endpoint.address;
        }) == 1);
  // No answer ever comes from those: the four closest of the other path are asked all the same.
  for (int round = 0; round < 8; ++round) {
    for (const Contact& contact : lookup.askable()) {
      if (contact.endpoint.address > node(99).endpoint.address)
        answer(lookup, contact);
      else
        lookup.asked(contact.endpoint);
    }
  }
  CHECK(lookup.answer_count() == 6);
}

TEST_CASE("lookup: what one path is told cannot push out what the other knows") {
  Lookup lookup(kOwn, kTarget, Mode::private_);
  const Contact liar = node(0x8000);
  const Contact honest = node(0x8001);
  lookup.add(liar);
  lookup.add(honest);
  add_dead_seeds(lookup);
  for (std::uint16_t n = 1000; n < 1004; ++n) lookup.add_told(honest.endpoint, node(n));
  for (std::uint16_t n = 1; n <= 500; ++n) lookup.add_told(liar.endpoint, node(n));
  for (std::uint16_t n = 1; n <= 500; ++n) lookup.failed(node(n).endpoint);
  const auto asked = lookup.askable();
  CHECK(std::count(asked.begin(), asked.end(), node(1000)) == 1);
}

TEST_CASE("lookup: with a single node to begin with, its answer feeds both paths") {
  Lookup lookup(kOwn, kTarget, Mode::private_);
  lookup.add(node(0x8000));
  for (std::uint16_t n = 1; n <= 8; ++n) lookup.add_told(node(0x8000).endpoint, node(n));
  answer(lookup, node(0x8000));
  // No path may hold more than three questions, so both have nodes.
  CHECK(lookup.askable().size() == 4);
  lookup.add_told(node(0x7777).endpoint, node(9));  // told by nobody that was asked
  CHECK(lookup.askable().size() == 4);
}

TEST_CASE("lookup: where eight nodes are sparser than they should be, more are asked") {
  SeededRng rng(3);
  std::vector<Contact> all;
  for (std::uint16_t n = 0; n < 40; ++n) all.push_back(fitting(n, rng));
  std::sort(all.begin(), all.end(),
            [](const Contact& a, const Contact& b) { return is_closer(a.id, b.id, kTarget); });
  const auto answers_until_end = [&all](std::uint64_t reach) {
    Lookup lookup(kOwn, kTarget, Mode::private_);
    lookup.set_expected_reach(reach);
    for (const Contact& contact : all) lookup.add(contact);
    for (auto next = lookup.askable(); !next.empty(); next = lookup.askable()) {
      answer(lookup, next.front());
    }
    CHECK(lookup.is_finished());
    CHECK(lookup.announceable().size() == 8);
    return lookup.answer_count();
  };
  const std::size_t usual = answers_until_end(distance_head(all[7].id, kTarget));
  CHECK(usual >= 8);
  CHECK(usual <= 12);
  CHECK(answers_until_end(distance_head(all[7].id, kTarget) - 1) >= 24);
}
