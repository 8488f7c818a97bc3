// SPDX-License-Identifier: Apache-2.0
#include "core/control/findings.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <set>

#include <doctest/doctest.h>

namespace lanyard::control {
namespace {

// What stands between braces.
std::set<std::string> places(std::string_view words) {
  std::set<std::string> out;
  for (std::size_t open = words.find('{'); open != std::string_view::npos;
       open = words.find('{', open + 1)) {
    const std::size_t close = words.find('}', open);
    REQUIRE(close != std::string_view::npos);
    out.emplace(words.substr(open + 1, close - open - 1));
  }
  return out;
}

const std::vector<std::string> kValues{"first", "second", "{2}"};

TEST_CASE("every finding has a code, a sentence, and a remedy unless it is ok") {
  for (const FindingWords& words : finding_words()) {
    CAPTURE(words.code);
    CAPTURE(words.sentence);
    CHECK(words.code.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") ==
          std::string_view::npos);
    CHECK(!words.code.empty());
    CHECK(!words.sentence.empty());
    CHECK(words.sentence.back() != '.');
    CHECK(words.remedy.empty() == (words.state == CheckState::ok));
  }
}

TEST_CASE("what can be wrong can be right as well") {
  for (const FindingWords& words : finding_words()) {
    CAPTURE(words.code);
    const auto& all = finding_words();
    CHECK(std::any_of(all.begin(), all.end(), [&](const FindingWords& other) {
      return other.code == words.code && other.state == CheckState::ok;
    }));
  }
}

TEST_CASE("the words are filled in, and what is filled in is left alone") {
  for (const FindingWords& words : finding_words()) {
    CAPTURE(words.sentence);
    std::set<std::string> all = places(words.sentence);
    all.merge(places(words.remedy));
    // Counted from 0, without a gap.
    for (std::size_t i = 0; i < all.size(); ++i) CHECK(all.contains(std::to_string(i)));
    REQUIRE(all.size() <= kValues.size());
    const Check check = make_check(words.finding, kValues);
    CHECK(check.code == words.code);
    CHECK(check.state == words.state);
    CHECK((check.sentence == words.sentence) == places(words.sentence).empty());
  }
  const Check small = make_check(Finding::receive_buffer_small, {"208 KiB", "4096 KiB", "4194304"});
  CHECK(small.code == "udp_receive_buffer");
  CHECK(small.state == CheckState::warning);
  CHECK(small.sentence ==
        "the receive buffers of the UDP sockets hold 208 KiB instead of 4096 KiB: bursts lose "
        "packets");
  CHECK(small.remedy.starts_with("sudo sysctl -w net.core.rmem_max=4194304, or give the daemon"));
}

TEST_CASE("the manual tells what each code is about") {
  std::ifstream file(LANYARD_MANUAL);
  const std::string manual{std::istreambuf_iterator<char>(file), {}};
  REQUIRE(!manual.empty());
  for (const FindingWords& words : finding_words()) {
    CAPTURE(words.code);
    CHECK(manual.find("\n.It Li " + std::string(words.code) + "\n") != std::string::npos);
  }
}

}  // namespace
}  // namespace lanyard::control
