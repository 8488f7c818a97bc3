// SPDX-License-Identifier: Apache-2.0
#include "platform/prerequisites.h"

#include <array>

#include <linux/capability.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace lanyard::platform {
namespace {

bool has_tun_device() {
  struct stat entry {};
  return stat("/dev/net/tun", &entry) == 0 && S_ISCHR(entry.st_mode);
}

// capget(2): the C library has no function for it.
bool has_network_capability() {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> sets{};
  if (syscall(SYS_capget, &header, sets.data()) != 0) return false;
  return (sets[CAP_TO_INDEX(CAP_NET_ADMIN)].effective & CAP_TO_MASK(CAP_NET_ADMIN)) != 0;
}

}  // namespace

Prerequisites look_at_prerequisites() { return {has_tun_device(), has_network_capability()}; }

}  // namespace lanyard::platform
