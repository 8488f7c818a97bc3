// SPDX-License-Identifier: Apache-2.0
#include "cli/why_text.h"

#include <optional>
#include <string_view>

#include "cli/status_text.h"

namespace lanyard::cli {
namespace {

using control::PathEnd;
using control::PathReport;

std::string_view nat_text(std::string_view mapping) {
  if (mapping == "none") return "none";
  if (mapping == "one-port") return "one port for all";
  if (mapping == "port-per-destination") return "one port for each";
  return "not known";
}

std::string families_text(const PathEnd& end) {
  if (end.ipv4 && end.ipv6) return "IPv4, IPv6";
  if (end.ipv4) return "IPv4";
  return end.ipv6 ? "IPv6" : "none";
}

std::string ends_text(const PathReport& report, Colour colour) {
  Table table({{"END"}, {"ADDRESSES"}, {"NAT"}, {"PORT MAPPED"}});
  const auto add = [&table](std::string name, const PathEnd& end) {
    table.add_row({{std::move(name), Paint::strong},
                   {families_text(end)},
                   {std::string(nat_text(end.mapping))},
                   {end.mapped ? "yes" : "no"}});
  };
  add("this machine", report.ours);
  if (report.theirs) add(printable(report.peer), *report.theirs);
  std::string out = table.render("  ", colour);
  if (!report.theirs) out += "  " + printable(report.peer) + " has not said where it stands\n";
  return out;
}

std::string candidates_text(const PathReport& report, Colour colour) {
  if (report.candidates.empty()) return "";
  Table table({{"ADDRESS"}, {"SOURCE"}, {""}});
  for (const control::PathCandidate& candidate : report.candidates) {
    table.add_row({{printable(candidate.endpoint)},
                   {printable(candidate.source)},
                   {candidate.in_use ? "in use" : "", Paint::good}});
  }
  return "\n" + table.render("  ", colour);
}

std::string events_text(const PathReport& report) {
  std::string out;
  for (const control::PathEvent& event : report.events) {
    out += "  " + format_span(event.seconds_ago) + " ago it " + printable(event.text) + "\n";
  }
  return out.empty() ? out : "\n" + out;
}

Paint paint_of(control::CheckState state) {
  switch (state) {
    case control::CheckState::ok: return Paint::good;
    case control::CheckState::warning: return Paint::warning;
    case control::CheckState::failure: break;
  }
  return Paint::bad;
}

}  // namespace

std::string why_text(const PathReport& report, Colour colour) {
  std::string out =
      paint(printable(report.verdict.sentence), paint_of(report.verdict.state), colour);
  out += "\n";
  if (!report.verdict.remedy.empty()) out += printable(report.verdict.remedy) + "\n";
  return out + "\n" + ends_text(report, colour) + candidates_text(report, colour) +
         events_text(report);
}

}  // namespace lanyard::cli
