// SPDX-License-Identifier: Apache-2.0
#include "cli/checks_text.h"

#include <algorithm>

#include "core/control/names.h"

namespace lanyard::cli {
namespace {

using control::Check;
using control::CheckState;

constexpr std::size_t kStateWidth = 9;  // the longest word and two spaces

Paint paint_of(CheckState state) {
  switch (state) {
    case CheckState::ok: return Paint::good;
    case CheckState::warning: return Paint::warning;
    case CheckState::failure: return Paint::bad;
  }
  return Paint::plain;
}

std::string summary(const std::vector<Check>& checks) {
  const auto count = [&checks](CheckState state) {
    return static_cast<std::uint64_t>(
        std::count_if(checks.begin(), checks.end(),
                      [state](const Check& check) { return check.state == state; }));
  };
  const std::uint64_t failures = count(CheckState::failure);
  const std::uint64_t warnings = count(CheckState::warning);
  if (failures + warnings == 0) return "all is well";
  std::string out;
  if (failures > 0) out = count_of(failures, "failure", "failures");
  if (warnings > 0) {
    out += (out.empty() ? "" : ", ") + count_of(warnings, "warning", "warnings");
  }
  return out;
}

}  // namespace

std::string checks_text(const std::vector<Check>& checks, Colour colour) {
  std::string out;
  for (const Check& check : checks) {
    const std::string_view word = control::name(check.state);
    out += paint(word, paint_of(check.state), colour) +
           std::string(kStateWidth - word.size(), ' ') + printable(check.sentence) + "\n";
    if (check.remedy.empty()) continue;
    out +=
        std::string(kStateWidth, ' ') + paint(printable(check.remedy), Paint::faint, colour) + "\n";
  }
  return out + summary(checks) + "\n";
}

ExitCode exit_for(const std::vector<Check>& checks) {
  CheckState worst = CheckState::ok;
  for (const Check& check : checks) worst = std::max(worst, check.state);
  switch (worst) {
    case CheckState::ok: return ExitCode::ok;
    case CheckState::warning: return ExitCode::degraded;
    case CheckState::failure: break;
  }
  return ExitCode::failure;
}

}  // namespace lanyard::cli
