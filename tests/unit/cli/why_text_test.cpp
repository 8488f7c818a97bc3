// SPDX-License-Identifier: Apache-2.0
#include "cli/why_text.h"

#include <doctest/doctest.h>

namespace lanyard::cli {
namespace {

control::PathReport sample() {
  control::PathReport out;
  out.peer = "bob";
  out.path = control::PathKind::relay;
  out.via = "carol";
  out.verdict = {"both_nats_vary", control::CheckState::warning, "bob is relayed",
                 "forward a port"};
  out.ours = {"port-per-destination", false, true, false};
  out.theirs = control::PathEnd{"one-port", true, true, true};
  out.candidates = {{"20.0.1.2:41000", "announced", false}, {"20.0.1.2:4", "remembered", true}};
  out.events = {{75, "was called at its 2 addresses"}, {7, "answered at relay carol"}};
  return out;
}

TEST_CASE("why: the sentence and the remedy first, then what they rest on") {
  CHECK(why_text(sample(), Colour::off) ==
        R"(bob is relayed
forward a port

  END           ADDRESSES   NAT                PORT MAPPED
  this machine  IPv4        one port for each  no
  bob           IPv4, IPv6  one port for all   yes

  ADDRESS         SOURCE
  20.0.1.2:41000  announced
  20.0.1.2:4      remembered  in use

  1 min 15 s ago it was called at its 2 addresses
  7 s ago it answered at relay carol
)");
}

TEST_CASE("why: nothing known of the other end") {
  control::PathReport report;
  report.peer = "bob";
  report.verdict = {"no_address", control::CheckState::failure, "bob is nowhere", ""};
  CHECK(why_text(report, Colour::off) ==
        R"(bob is nowhere

  END           ADDRESSES  NAT        PORT MAPPED
  this machine  none       not known  no
  bob has not said where it stands
)");
}

TEST_CASE("why: what others have chosen cannot drive the terminal") {
  control::PathReport report = sample();
  report.peer = report.verdict.sentence = report.events[0].text = "\x1b[2J";
  report.candidates[0].source = report.theirs->mapping = "\x1b";
  CHECK(why_text(report, Colour::off).find('\x1b') == std::string::npos);
}

}  // namespace
}  // namespace lanyard::cli
