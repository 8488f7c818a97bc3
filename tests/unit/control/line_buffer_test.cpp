// SPDX-License-Identifier: Apache-2.0
#include "core/control/line_buffer.h"

#include <string>
#include <vector>

#include <doctest/doctest.h>

namespace lanyard::control {
namespace {

TEST_CASE("lines come out whole, however they arrive") {
  const std::string stream = "one\ntwo\r\n\nfour";
  for (std::size_t piece = 1; piece <= stream.size(); ++piece) {
    LineBuffer lines(16);
    std::vector<std::string> out;
    for (std::size_t at = 0; at < stream.size(); at += piece) {
      REQUIRE(lines.append(std::string_view(stream).substr(at, piece)));
      while (auto line = lines.next_line()) out.push_back(*line);
    }
    CHECK(out == std::vector<std::string>{"one", "two", ""});
    CHECK(lines.size() == 4);
  }
}

TEST_CASE("an unfinished line is bounded, finished ones before it do not count") {
  LineBuffer lines(4);
  CHECK(lines.append("1234"));
  CHECK(!lines.append("5"));

  LineBuffer many(4);
  CHECK(many.append("1\n2\n3\n4\n"));
  CHECK(many.append("abcd"));
  CHECK(!many.append("e"));
}

}  // namespace
}  // namespace lanyard::control
