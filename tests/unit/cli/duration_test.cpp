// SPDX-License-Identifier: Apache-2.0
#include "cli/duration.h"

#include <string>

#include <doctest/doctest.h>

namespace lanyard::cli {
namespace {

TEST_CASE("durations") {
  const std::pair<const char*, std::int64_t> good[] = {{"1s", 1},        {"90s", 90},
                                                       {"30m", 1800},    {"24h", 86'400},
                                                       {"7d", 604'800},  {"2w", 1'209'600},
                                                       {"1h30m", 5400},  {"1w1d1h1m1s", 694'861},
                                                       {"0h5m", 300},    {"3650d", 315'360'000},
                                                       {"007d", 604'800}};
  for (const auto& [given, expected] : good) {
    const std::string text = given;
    CAPTURE(text);
    const auto parsed = parse_duration(text);
    REQUIRE(parsed.has_value());
    CHECK(*parsed == expected);
  }
}

TEST_CASE("what is no duration, and why") {
  const std::pair<const char*, const char*> bad[] = {{"", "empty"},
                                                     {"24", "unit is missing"},
                                                     {"h", "whole number"},
                                                     {"-1h", "whole number"},
                                                     {"+1h", "whole number"},
                                                     {" 1h", "whole number"},
                                                     {"1.5h", "units are"},
                                                     {"1 h", "units are"},
                                                     {"1H", "units are"},
                                                     {"1y", "units are"},
                                                     {"30m1h", "larger units come first"},
                                                     {"1h1h", "larger units come first"},
                                                     {"0s", "no time"},
                                                     {"0h0m", "no time"},
                                                     {"3651d", "too long"},
                                                     {"3650d1s", "too long"},
                                                     {"9223372036854775807w", "too long"},
                                                     {"99999999999999999999s", "whole number"},
                                                     {"1h30", "unit is missing"}};
  for (const auto& [given, why] : bad) {
    const std::string text = given;
    CAPTURE(text);
    const auto parsed = parse_duration(text);
    REQUIRE(!parsed.has_value());
    CHECK(parsed.error().code == Errc::invalid);
    CHECK(parsed.error().message.find(why) != std::string::npos);
    CHECK(!parsed.error().hint.empty());
  }
}

TEST_CASE("seconds with decimals") {
  const std::pair<const char*, std::uint32_t> good[] = {
      {"0", 0}, {"1", 1000}, {"0.2", 200}, {"0.05", 50}, {"1.234", 1234}, {"3600", 3'600'000}};
  for (const auto& [given, expected] : good) {
    const std::string text = given;
    CAPTURE(text);
    const auto parsed = parse_decimal_seconds(text);
    REQUIRE(parsed.has_value());
    CHECK(*parsed == expected);
  }
  for (const char* text : {"", ".", ".5", "1.", "-1", "x", "1x", "0.2345", "1,5", "3600.001",
                           "3601", "99999999999999999999", "1e3", "0.-1"}) {
    CAPTURE(text);
    CHECK(!parse_decimal_seconds(text).has_value());
  }
}

}  // namespace
}  // namespace lanyard::cli
