// SPDX-License-Identifier: Apache-2.0
#include "platform/control_access.h"

#include <unistd.h>

namespace lanyard::platform {
namespace {

// Takes rights from others for good.
bool is_administration(const control::Request& request) {
  return std::holds_alternative<control::RevokeInvite>(request);
}

}  // namespace

Result<void> check_access(const PeerCredentials& peer, const control::Request& request) {
  if (!is_administration(request) || peer.user_id == 0 || peer.user_id == geteuid()) return {};
  return make_error(Errc::permission, "only root may do this", "run the same command with sudo");
}

}  // namespace lanyard::platform
