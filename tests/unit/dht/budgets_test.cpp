// SPDX-License-Identifier: Apache-2.0
#include "core/dht/budgets.h"

#include <doctest/doctest.h>

#include "tests/unit/dht/points.h"

using namespace lanyard;
using namespace lanyard::dht;

namespace {

IpAddress address(std::uint32_t n) { return node_endpoint(n).address; }

bool allows(const QueryBudget& budget, Instant now, const IpAddress& to) {
  return budget.allowed_at(to) <= now;
}

}  // namespace

TEST_CASE("query budget: a start sends no more than its burst, then so many a second") {
  const Limits limits;
  QueryBudget budget(limits);
  std::size_t sent = 0;
  for (std::uint32_t n = 0; n < 1000 && allows(budget, kStart, address(n)); ++n, ++sent) {
    budget.spend(kStart, address(n));
  }
  CHECK(sent == limits.query_burst);
  for (std::int64_t ms = 1; ms <= 1000; ++ms) {
    const Instant now = kStart + milliseconds(ms);
    if (!allows(budget, now, address(0))) continue;
    budget.spend(now, address(0));
    ++sent;
  }
  CHECK(sent == limits.query_burst + 20);
}

TEST_CASE("query budget: one address is asked in moderation, the others are not held up by that") {
  const Limits limits;
  QueryBudget budget(limits);
  std::size_t sent = 0;
  for (; allows(budget, kStart, address(1)); ++sent) budget.spend(kStart, address(1));
  CHECK(sent == limits.query_burst_per_address);
  CHECK(budget.allowed_at(address(1)) == kStart + limits.query_interval_per_address);
  CHECK(allows(budget, kStart, address(2)));
}

TEST_CASE("query budget: only so many addresses are new within five minutes") {
  Limits limits;
  limits.query_burst = 10'000;
  QueryBudget budget(limits);
  std::uint32_t n = 0;
  for (; allows(budget, kStart, address(n)); ++n) budget.spend(kStart, address(n));
  CHECK(n == limits.destinations);
  // Those that have been asked have their flow already.
  CHECK(allows(budget, kStart, address(0)));
  CHECK_FALSE(allows(budget, kStart + seconds(1), address(n)));
  CHECK(allows(budget, kStart + milliseconds(1'500), address(n)));
  // All are to be had again when the flows are gone.
  const Instant later = kStart + minutes(5);
  for (n = 1000; allows(budget, later, address(n)); ++n) budget.spend(later, address(n));
  CHECK(n == 1000 + limits.destinations);
}

TEST_CASE("query budget: who never answers is asked ever more seldom") {
  QueryBudget budget(Limits{});
  const auto ask_in_vain = [&](Instant now) {
    budget.spend(now, address(1));
    budget.note_silence(now, address(1));
  };
  ask_in_vain(kStart);
  ask_in_vain(kStart);
  CHECK_FALSE(budget.is_given_up(kStart, address(1)));
  ask_in_vain(kStart);
  CHECK(budget.is_given_up(kStart + seconds(59), address(1)));
  CHECK_FALSE(budget.is_given_up(kStart + seconds(60), address(1)));
  ask_in_vain(kStart);
  CHECK(budget.is_given_up(kStart + seconds(119), address(1)));
  for (int i = 0; i < 20; ++i) ask_in_vain(kStart);
  CHECK(budget.is_given_up(kStart + minutes(15), address(1)));
  CHECK_FALSE(budget.is_given_up(kStart + minutes(16), address(1)));
  CHECK_FALSE(budget.is_given_up(kStart, address(2)));
  budget.note_answer(address(1));
  CHECK_FALSE(budget.is_given_up(kStart, address(1)));
  ask_in_vain(kStart);
  CHECK_FALSE(budget.is_given_up(kStart, address(1)));
  budget.note_silence(kStart, address(7));  // never asked
  budget.note_answer(address(7));
  CHECK_FALSE(budget.has_asked(address(7)));
}

TEST_CASE("query budget: addresses are remembered for as long as a NAT may, and not for ever") {
  QueryBudget budget(Limits{});
  budget.spend(kStart, address(1));
  CHECK(budget.has_asked(address(1)));
  for (std::uint32_t n = 100; n < 200; ++n) budget.spend(kStart + minutes(4), address(n));
  CHECK(budget.has_asked(address(1)));
  for (std::uint32_t n = 200; n < 500; ++n) budget.spend(kStart + minutes(20), address(n));
  CHECK_FALSE(budget.has_asked(address(1)));
  CHECK_FALSE(budget.has_asked(address(100)));
  CHECK(budget.has_asked(address(499)));
}

TEST_CASE("answer budget: refuses by address and altogether, and says which") {
  Limits limits;
  limits.answer_burst_per_address = 2;
  limits.answer_burst_bytes = 4'000;
  AnswerBudget budget(limits);
  CHECK_FALSE(budget.refusal(kStart, address(1)).has_value());
  budget.spend(kStart, address(1), 100);
  budget.spend(kStart, address(1), 100);
  CHECK(budget.refusal(kStart, address(1)) == Drop::source_limit);
  CHECK_FALSE(budget.refusal(kStart, address(2)).has_value());
  budget.spend(kStart, address(2), 3'000);
  CHECK(budget.refusal(kStart, address(3)) == Drop::total_limit);
  CHECK_FALSE(budget.refusal(kStart + seconds(1), address(3)).has_value());
}
