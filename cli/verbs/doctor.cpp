// SPDX-License-Identifier: Apache-2.0
// doctor: what the daemon finds about itself, after what can be found without it.
#include "cli/checks_text.h"
#include "cli/verbs/verbs.h"
#include "core/control/findings.h"
#include "core/control/json.h"
#include "platform/prerequisites.h"

namespace lanyard::cli {
namespace {

using control::Check;
using control::Finding;
using control::make_check;
using Checks = std::vector<Check>;

void show(Context& context, const Checks& checks) {
  if (context.output == Output::json) {
    context.out << control::to_json(control::Reply(control::Diagnosis{checks})) << "\n";
  } else {
    context.out << checks_text(checks, context.colour);
  }
}

// What would keep a daemon from running here.
Checks without_daemon() {
  const platform::Prerequisites here = platform::look_at_prerequisites();
  return {
      make_check(Finding::daemon_not_running),
      make_check(here.has_tun_device ? Finding::tun_there : Finding::tun_missing),
      make_check(here.may_make_devices ? Finding::devices_allowed : Finding::devices_not_allowed)};
}

Check check_version(const std::string& of_daemon) {
  const std::string own = LANYARD_VERSION;
  if (of_daemon == own) return make_check(Finding::version_same, {own});
  return make_check(Finding::version_differs, {own, of_daemon});
}

}  // namespace

ExitCode run(const DoctorCommand&, Context& context) {
  const auto version = ask<control::Version>(context, control::GetVersion{});
  if (const auto* failure = std::get_if<Failure>(&version)) {
    if (failure->exit != ExitCode::daemon_not_running) return fail(context, *failure);
    show(context, without_daemon());
    return failure->exit;
  }
  Checks checks{make_check(Finding::daemon_running),
                check_version(std::get<control::Version>(version).version)};
  const auto asked = ask<control::Diagnosis>(context, control::GetDiagnosis{});
  if (const auto* failure = std::get_if<Failure>(&asked)) return fail(context, *failure);
  const Checks& of_daemon = std::get<control::Diagnosis>(asked).checks;
  checks.insert(checks.end(), of_daemon.begin(), of_daemon.end());
  show(context, checks);
  return exit_for(checks);
}

}  // namespace lanyard::cli
