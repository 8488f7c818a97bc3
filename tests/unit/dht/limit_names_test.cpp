// SPDX-License-Identifier: Apache-2.0
#include "core/dht/limit_names.h"

#include <doctest/doctest.h>

namespace lanyard::dht {
namespace {

TEST_CASE("limits: each name sets one") {
  Limits limits;
  for (const std::string_view name : limit_names()) CHECK(set_limit(limits, name, 10));
  CHECK(limits.query_interval == milliseconds(100));
  CHECK(limits.query_interval_per_address == seconds(6));
  CHECK(limits.destinations == 10);
  CHECK(limits.answer_bytes_per_second == 10);
  CHECK(limits.answer_interval_per_address == milliseconds(100));
  CHECK(limits.stored_hashes == 10);
  CHECK(limits.peers_per_hash == 10);
  CHECK(limits.stored_items == 10);
  CHECK(set_limit(limits, "queries-per-second", kMaxLimit));
  CHECK(limits.query_interval == microseconds(1));
}

TEST_CASE("limits: other names and numbers are refused") {
  Limits limits;
  const auto unknown = set_limit(limits, "queries", 1);
  REQUIRE_FALSE(unknown);
  CHECK(unknown.error().hint.starts_with("there are: queries-per-second, "));
  CHECK_FALSE(set_limit(limits, "", 1));
  CHECK_FALSE(set_limit(limits, "stored-hashes", 0));
  CHECK_FALSE(set_limit(limits, "stored-hashes", kMaxLimit + 1));
  CHECK(limits.stored_hashes == Limits().stored_hashes);
}

}  // namespace
}  // namespace lanyard::dht
