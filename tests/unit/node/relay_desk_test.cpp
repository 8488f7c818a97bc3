// SPDX-License-Identifier: Apache-2.0
#include "core/node/relay_desk.h"

#include <doctest/doctest.h>

namespace lanyard::node::test {

namespace {

constexpr Instant kStart{seconds(1000).nanoseconds};

network::MemberId member(std::uint32_t n) {
  network::MemberId out;
  out.bytes[0] = static_cast<std::uint8_t>(n);
  out.bytes[1] = static_cast<std::uint8_t>(n >> 8);
  return out;
}

struct Desk {
  SeededRng rng{7};
  RelayDesk desk{1'000'000};

  const RelayDesk::Circuit* open(std::uint32_t a, std::uint32_t b, Instant now = kStart) {
    return desk.open(now, 1, member(a), member(b), rng);
  }
};

}  // namespace

TEST_CASE("relay desk: one circuit for two members, whoever asks, with a number for each half") {
  Desk d;
  const auto* const circuit = d.open(1, 2);
  REQUIRE(circuit != nullptr);
  const auto here = circuit->of(member(1))->number;
  const auto there = circuit->of(member(2))->number;
  CHECK(here != there);
  CHECK(here != 0);
  CHECK(there != 0);
  CHECK(circuit->opposite(member(1)).number == there);
  CHECK(circuit->of(member(3)) == nullptr);
  const auto* const again = d.open(2, 1);
  REQUIRE(again != nullptr);
  CHECK(again->of(member(1))->number == here);
  CHECK(d.desk.circuits().size() == 1);
  // Another network's members are others, whatever their ids.
  CHECK(d.desk.open(kStart, 2, member(1), member(2), d.rng)->of(member(1))->number != here);
  CHECK(d.desk.circuits().size() == 2);
}

TEST_CASE("relay desk: bounded for a member and in all, and there is room again afterwards") {
  Desk d;
  for (std::uint32_t i = 0; i < RelayDesk::kMaxCircuitsOfMember; ++i) {
    CHECK(d.open(1, 100 + i) != nullptr);
  }
  CHECK(d.open(1, 99) == nullptr);
  CHECK(d.open(99, 1) == nullptr);
  for (std::uint32_t i = 0; d.desk.circuits().size() < RelayDesk::kMaxCircuits; ++i) {
    REQUIRE(d.open(1000 + 2 * i, 1001 + 2 * i) != nullptr);
  }
  CHECK(d.open(5000, 5001) == nullptr);
  const auto closed = d.desk.close_if(
      1, [](const RelayDesk::Circuit& circuit) { return circuit.of(member(1)) != nullptr; });
  CHECK(closed.size() == RelayDesk::kMaxCircuitsOfMember);
  CHECK(d.open(1, 99) != nullptr);
  CHECK(d.desk.close_if(2, [](const auto&) { return true; }).empty());
}

TEST_CASE("relay desk: a member's share is filled as time goes, to two seconds' worth") {
  Desk d;
  d.desk.tick(kStart);
  const auto meter = d.open(1, 2)->of(member(1))->meter;
  CHECK(meter->draw(2'000'000, 1500));
  CHECK_FALSE(meter->draw(1, 1));
  d.desk.tick(kStart + milliseconds(500));
  CHECK_FALSE(meter->draw(500'001, 400));
  CHECK(meter->draw(500'000, 400));
  d.desk.tick(kStart + hours(1));
  CHECK_FALSE(meter->draw(2'000'001, 1));
  CHECK(meter->draw(2'000'000, 1));
  CHECK(meter->refused_packets() == 402);
  CHECK(meter->packets() == 1901);
  // The other end has a share of its own, and all circuits of one member the same.
  CHECK(d.open(1, 2)->of(member(2))->meter != meter);
  CHECK(d.open(1, 3)->of(member(1))->meter == meter);
}

TEST_CASE("relay desk: what was relayed is counted beyond the circuit's end") {
  Desk d;
  const auto meter = d.open(1, 2)->of(member(1))->meter;
  CHECK(meter->draw(1000, 2));
  CHECK(d.desk.relayed_bytes() == 1000);
  d.desk.close_if(1, [](const auto&) { return true; });
  CHECK(d.desk.relayed_bytes() == 1000);
  CHECK(d.desk.relayed_packets() == 2);
  CHECK(d.open(1, 2) != nullptr);
  CHECK(d.desk.relayed_bytes() == 1000);
}

TEST_CASE("relay desk: a circuit knows when it was last used") {
  Desk d;
  d.desk.tick(kStart);
  const auto meter = d.open(1, 2)->of(member(2))->meter;
  d.desk.tick(kStart + minutes(1));
  CHECK(d.desk.circuits()[0].last_used == kStart);
  CHECK(meter->draw(10, 1));
  d.desk.tick(kStart + minutes(2));
  CHECK(d.desk.circuits()[0].last_used == kStart + minutes(2));
}

}  // namespace lanyard::node::test
