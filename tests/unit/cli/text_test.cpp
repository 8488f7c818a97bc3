// SPDX-License-Identifier: Apache-2.0
#include "cli/text.h"

#include <doctest/doctest.h>

namespace lanyard::cli {
namespace {

TEST_CASE("numbers") {
  CHECK(format_rtt(0.00064) == "0.64 ms");
  CHECK(format_rtt(0.0234) == "23.4 ms");
  CHECK(format_rtt(1.2) == "1.20 s");
  CHECK(format_bytes(0) == "0 B");
  CHECK(format_bytes(999) == "999 B");
  CHECK(format_bytes(1000) == "1.0 kB");
  CHECK(format_bytes(999'949) == "999.9 kB");
  CHECK(format_bytes(999'999) == "1.0 MB");
  CHECK(format_bytes(12'400'000) == "12.4 MB");
  CHECK(format_bytes(18'446'744'073'709'551'615u) == "18.4 EB");
  CHECK(format_percent(0) == "0 %");
  CHECK(format_percent(0.004) == "0.4 %");
  CHECK(format_percent(0.25) == "25 %");
  CHECK(format_percent(1) == "100 %");
}

TEST_CASE("times") {
  CHECK(format_span(-5) == "0 s");
  CHECK(format_span(45) == "45 s");
  CHECK(format_span(60) == "1 min");
  CHECK(format_span(61) == "1 min 1 s");
  CHECK(format_span(3 * 3600 + 12 * 60) == "3 h 12 min");
  CHECK(format_span(24 * 3600) == "24 h");
  CHECK(format_span(2 * 86'400) == "2 days");
  CHECK(format_time({0}) == "1970-01-01 00:00 UTC");
  CHECK(format_time({1'790'000'000}) == "2026-09-21 14:13 UTC");
  CHECK(format_ago(0, {1000}) == "never");
  CHECK(format_ago(997, {1000}) == "now");
  CHECK(format_ago(1010, {1000}) == "now");
  CHECK(format_ago(1000, {1000 + 10'800}) == "3 h ago");
  CHECK(count_of(1, "machine", "machines") == "1 machine");
  CHECK(count_of(0, "machine", "machines") == "0 machines");
}

TEST_CASE("a name cannot drive the terminal") {
  CHECK(printable("plain text") == "plain text");
  CHECK(printable("\033[2Jgone\n\t\x7f") == "?[2Jgone???");
  CHECK(printable("C1 \xc2\x9b"
                  "31m") == "C1 ?31m");
  CHECK(printable("na\xc3\xafve \xc2\xa0") == "na\xc3\xafve \xc2\xa0");
}

TEST_CASE("paint is for colour alone") {
  CHECK(paint("up", Paint::good, Colour::off) == "up");
  CHECK(paint("up", Paint::plain, Colour::on) == "up");
  CHECK(paint("up", Paint::good, Colour::on) == "\033[32mup\033[0m");
}

TEST_CASE("columns line up, by characters and not by bytes or escapes") {
  Table table({{"NAME"}, {"RTT", Align::right}, {"SEEN"}});
  CHECK(table.empty());
  table.add_row({{"na\xc3\xafve", Paint::good}, {"1.0 ms"}, {"now"}});
  table.add_row({{"bob"}, {""}, {""}});
  table.add_remark("out of reach");
  table.add_row({{"x"}, {"12.0 ms"}});
  CHECK(table.render("  ", Colour::off) ==
        "  NAME       RTT  SEEN\n"
        "  na\xc3\xafve   1.0 ms  now\n"
        "  bob\n"
        "         out of reach\n"
        "  x      12.0 ms\n");
  CHECK(table.render("", Colour::on).find("\033[32mna\xc3\xafve\033[0m   1.0 ms") !=
        std::string::npos);
}

}  // namespace
}  // namespace lanyard::cli
