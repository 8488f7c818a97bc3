// SPDX-License-Identifier: Apache-2.0
#include "core/control/names.h"

#include <set>

#include <doctest/doctest.h>

namespace lanyard::control {
namespace {

TEST_CASE("every enumerator has one word, and the word leads back") {
  std::set<std::string_view> words;
  for (int i = 0; i <= static_cast<int>(Errc::unavailable); ++i) {
    const auto code = static_cast<Errc>(i);
    CHECK(errc_named(name(code)) == code);
    CHECK(words.insert(name(code)).second);
  }
  for (int i = 0; i <= static_cast<int>(PathKind::relay); ++i) {
    CHECK(path_named(name(static_cast<PathKind>(i))) == static_cast<PathKind>(i));
  }
  for (int i = 0; i <= static_cast<int>(NetworkState::error); ++i) {
    const auto state = static_cast<NetworkState>(i);
    CHECK(network_state_named(name(state)) == state);
  }
  for (int i = 0; i <= static_cast<int>(CheckState::failure); ++i) {
    const auto state = static_cast<CheckState>(i);
    CHECK(check_state_named(name(state)) == state);
  }
  CHECK(!errc_named("no such word"));
  CHECK(!path_named(""));
  CHECK(!network_state_named("UP"));
  CHECK(!check_state_named("fine"));
}

}  // namespace
}  // namespace lanyard::control
