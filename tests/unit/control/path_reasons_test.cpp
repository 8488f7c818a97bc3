// SPDX-License-Identifier: Apache-2.0
#include "core/control/path_reasons.h"

#include <fstream>
#include <iterator>
#include <set>

#include <doctest/doctest.h>

namespace lanyard::control {
namespace {

const std::vector<std::string> kValues{"bob", "carol", "41000", "IPv6"};

TEST_CASE("every path reason has a code of its own, a sentence, and a remedy unless it is direct") {
  std::set<std::string_view> codes;
  for (const PathReasonWords& words : path_reason_words()) {
    CAPTURE(words.code);
    CHECK(codes.insert(words.code).second);
    CHECK(words.code.find_first_not_of("abcdefghijklmnopqrstuvwxyz_") == std::string_view::npos);
    CHECK(words.sentence.starts_with("{0} "));
    CHECK(words.sentence.back() != '.');
    CHECK(words.remedy.empty() == (words.state == CheckState::ok));
  }
}

TEST_CASE("a verdict has its words filled in") {
  for (const PathReasonWords& words : path_reason_words()) {
    CAPTURE(words.code);
    const Check verdict = make_verdict(words.reason, kValues);
    CHECK(verdict.code == words.code);
    CHECK(verdict.state == words.state);
    CHECK(verdict.sentence.find('{') == std::string::npos);
    CHECK(verdict.remedy.find('{') == std::string::npos);
    CHECK(verdict.sentence.starts_with("bob "));
  }
  CHECK(make_verdict(PathReason::no_common_family, {"bob", "carol", "IPv4", "IPv6"}).sentence ==
        "bob is reached through carol: this machine has IPv4 alone, and bob has IPv6 alone");
}

TEST_CASE("the manual tells what each path reason is about") {
  std::ifstream file(LANYARD_MANUAL);
  const std::string manual{std::istreambuf_iterator<char>(file), {}};
  REQUIRE(!manual.empty());
  for (const PathReasonWords& words : path_reason_words()) {
    CAPTURE(words.code);
    CHECK(manual.find("\n.It Li " + std::string(words.code) + "\n") != std::string::npos);
  }
}

}  // namespace
}  // namespace lanyard::control
