// SPDX-License-Identifier: Apache-2.0
// Spans of time as people type them.
#pragma once

#include <cstdint>
#include <string_view>

#include "core/base/result.h"

namespace lanyard::cli {

// "90s", "30m", "24h", "7d", "2w", or several in falling order ("1h30m"): whole seconds, at least
// one and at most ten years. The unit is never left out: 24 could be hours or seconds.
Result<std::int64_t> parse_duration(std::string_view text);

// A count of seconds as ping(8) takes it, with up to three decimals ("0.2"): milliseconds, at most
// an hour.
Result<std::uint32_t> parse_decimal_seconds(std::string_view text);

}  // namespace lanyard::cli
