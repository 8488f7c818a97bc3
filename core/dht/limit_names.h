// SPDX-License-Identifier: Apache-2.0
// The limits that users may set, by name. Defaults and their reasons are in settings.h.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "core/base/result.h"
#include "core/dht/settings.h"

namespace lanyard::dht {

// "queries-per-second", ... in the order of the manual.
std::span<const std::string_view> limit_names();

inline constexpr std::uint32_t kMaxLimit = 1'000'000;

// values are from 1 to kMaxLimit. An error names what there is, and leaves the limits as they were.
Result<void> set_limit(Limits& limits, std::string_view name, std::uint32_t value);

}  // namespace lanyard::dht
