// SPDX-License-Identifier: Apache-2.0
// Which of the processes that can open the control socket may ask for what.
#pragma once

#include <cstdint>

#include "core/base/result.h"
#include "core/control/messages.h"

namespace lanyard::platform {

// Who a client is, as the kernel vouches for it.
struct PeerCredentials {
  std::uint32_t user_id = 0;
};

// The socket's mode lets in root and the group `lanyard`, who may read and operate. What
// administers a network takes root or the user that the daemon runs as: Errc::permission.
Result<void> check_access(const PeerCredentials& peer, const control::Request& request);

}  // namespace lanyard::platform
