// SPDX-License-Identifier: Apache-2.0
// An invite as the roster sees it: what was granted, and what has become of it.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "core/network/grant.h"

namespace lanyard::network {

enum class InviteState : std::uint8_t { open, expired, used_up, revoked };
// "open", "expired", "used-up", "revoked"
std::string_view to_text(InviteState state);

struct InviteStatus {
  InviteId id;
  GrantTerms terms;
  InviteState state = InviteState::open;
  std::vector<MemberId> claimed_by;  // the admitted ones, in admission order
};

}  // namespace lanyard::network
