// SPDX-License-Identifier: Apache-2.0
// What a daemon would find if it were started here and now by this user.
#pragma once

namespace lanyard::platform {

struct Prerequisites {
  bool has_tun_device = false;    // /dev/net/tun, whoever may use it
  bool may_make_devices = false;  // CAP_NET_ADMIN
};

Prerequisites look_at_prerequisites();

}  // namespace lanyard::platform
