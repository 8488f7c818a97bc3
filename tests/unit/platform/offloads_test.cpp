// SPDX-License-Identifier: Apache-2.0
#include "platform/offloads.h"

#include <doctest/doctest.h>

namespace lanyard::platform {
namespace {

TEST_CASE("each offload has a word, and that word means it") {
  for (const Offload offload : kOffloads) CHECK(parse_offload(to_string(offload)) == offload);
  CHECK(to_string(Offload::udp_gso) == "udp-gso");
  for (const char* word : {"", "TSO", "ts", "tso ", "udp_gso", "all"}) {
    CAPTURE(word);
    CHECK_FALSE(parse_offload(word));
  }
}

TEST_CASE("a set of offloads has all of them until one is taken out") {
  for (const Offload offload : kOffloads) {
    CHECK(Offloads().has(offload));
    CHECK_FALSE(Offloads::none().has(offload));
    const Offloads without = Offloads().without(offload);
    for (const Offload other : kOffloads) CHECK(without.has(other) == (other != offload));
    CHECK(without.with(offload) == Offloads());
    CHECK(without.without(offload) == without);
  }
}

}  // namespace
}  // namespace lanyard::platform
