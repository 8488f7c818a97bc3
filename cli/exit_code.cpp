// SPDX-License-Identifier: Apache-2.0
#include "cli/exit_code.h"

#include <utility>

#include "core/control/names.h"

namespace lanyard::cli {

ExitCode exit_code(Errc code) {
  switch (code) {
    case Errc::invalid: return ExitCode::usage;
    case Errc::permission: return ExitCode::permission;
    case Errc::not_found: return ExitCode::not_found;
    case Errc::unreachable: return ExitCode::unreachable;
    case Errc::timeout: return ExitCode::timeout;
    case Errc::failure:
    case Errc::exists:
    case Errc::expired:
    case Errc::used_up:
    case Errc::revoked:
    case Errc::corrupt:
    case Errc::conflict:
    case Errc::overloaded:
    case Errc::unavailable: return ExitCode::failure;
  }
  return ExitCode::failure;
}

Failure to_failure(Error error) {
  return {exit_code(error.code), std::string(control::name(error.code)), std::move(error)};
}

Failure usage_failure(std::string message, std::string hint) {
  return {ExitCode::usage, "usage", make_error(Errc::invalid, std::move(message), std::move(hint))};
}

}  // namespace lanyard::cli
