// SPDX-License-Identifier: Apache-2.0
#include "platform/state_format.h"

#include <string>

#include <doctest/doctest.h>

namespace lanyard::platform {
namespace {

const std::string kContents = "roster\nof members \0 and more";

TEST_CASE("a state file gives back what was put in") {
  for (const std::string& contents : {std::string(), kContents, std::string(100'000, 'x')}) {
    const auto read = unwrap_state(wrap_state(as_bytes(contents)));
    REQUIRE(read);
    CHECK(to_string(*read) == contents);
  }
}

TEST_CASE("every state file that is cut off is corrupt") {
  const Buffer whole = wrap_state(as_bytes(kContents));
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const auto read = unwrap_state(Bytes(whole).first(size));
    REQUIRE_FALSE(read);
    CHECK(read.error().code == Errc::corrupt);
  }
}

TEST_CASE("every flipped bit of a state file is noticed") {
  Buffer file = wrap_state(as_bytes(kContents));
  for (std::size_t bit = 0; bit < file.size() * 8; ++bit) {
    const auto mask = static_cast<std::uint8_t>(1 << bit % 8);
    file[bit / 8] ^= mask;
    CHECK_FALSE(unwrap_state(file));
    file[bit / 8] ^= mask;
  }
  CHECK(unwrap_state(file));
}

TEST_CASE("lengths that lie are noticed") {
  Buffer longer = wrap_state(as_bytes(kContents));
  longer.push_back(0);
  CHECK_FALSE(unwrap_state(longer));
  for (const char* header : {"lanyard-state 1 18446744073709551615\n",
                             "lanyard-state 1 18446744073709551616\n", "lanyard-state 1 -1\n",
                             "lanyard-state 1 \n", "lanyard-state 1 3x\n", "lanyard-state 2 3\n"}) {
    CHECK_FALSE(unwrap_state(as_bytes(std::string(header) + "abc01234567")));
  }
}

}  // namespace
}  // namespace lanyard::platform
