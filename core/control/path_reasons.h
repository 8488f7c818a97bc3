// SPDX-License-Identifier: Apache-2.0
// Why a member is reached the way it is, or not at all: one table of codes, sentences and remedies.
// The codes are a contract with scripts: never changed, only added to. lanyard(1) tells what each
// is about.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/control/check.h"

namespace lanyard::control {

// {0} is the member's name in all of them; behind each, what else its words ask for.
enum class PathReason : std::uint8_t {
  lan,
  direct,
  trying_direct,     // {1}: the relay
  both_nats_vary,    // {1}: the relay, {2}: our UDP port
  own_nat_varies,    // the same
  their_nat_varies,  // {1}: the relay
  no_common_family,  // {1}: the relay, {2}: what we have, {3}: what it has
  direct_blocked,    // {1}: the relay, {2}: "its 3 addresses", {3}: our UDP port
  calling,
  no_address,
  no_answer,  // {1}: "its 3 addresses"
  went_silent,
  said_bye,  // {1}: what it said
  other_version,
  no_common_cipher,
  network_down,  // {1}: the network
};
inline constexpr std::size_t kPathReasons = static_cast<std::size_t>(PathReason::network_down) + 1;

// ok: a direct path; warning: a relayed one, or one that is being looked for; failure: none.
Check make_verdict(PathReason reason, const std::vector<std::string>& values);

// The table's own words, for tests and documentation.
struct PathReasonWords {
  PathReason reason;
  std::string_view code;
  CheckState state;
  std::string_view sentence;
  std::string_view remedy;
};
const std::array<PathReasonWords, kPathReasons>& path_reason_words();

}  // namespace lanyard::control
