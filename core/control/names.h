// SPDX-License-Identifier: Apache-2.0
// The words that stand for enumerators in JSON and in what people read. They are part of the
// contract with scripts: never changed, only added to.
#pragma once

#include <optional>
#include <string_view>

#include "core/base/result.h"
#include "core/control/check.h"
#include "core/control/status.h"

namespace lanyard::control {

std::string_view name(Errc code);           // "not_found"
std::string_view name(PathKind path);       // "direct"
std::string_view name(NetworkState state);  // "up"
std::string_view name(CheckState state);    // "warning"

// Nothing for a word that is not known here (a newer daemon may say one).
std::optional<Errc> errc_named(std::string_view word);
std::optional<PathKind> path_named(std::string_view word);
std::optional<NetworkState> network_state_named(std::string_view word);
std::optional<CheckState> check_state_named(std::string_view word);

}  // namespace lanyard::control
