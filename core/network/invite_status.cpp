// SPDX-License-Identifier: Apache-2.0
#include "core/network/invite_status.h"

namespace lanyard::network {

std::string_view to_text(InviteState state) {
  switch (state) {
    case InviteState::open: return "open";
    case InviteState::expired: return "expired";
    case InviteState::used_up: return "used-up";
    case InviteState::revoked: return "revoked";
  }
  return {};
}

}  // namespace lanyard::network
