// SPDX-License-Identifier: Apache-2.0
#include "platform/host_name.h"

#include <array>

#include <unistd.h>

namespace lanyard::platform {

std::string host_name() {
  std::array<char, 256> name{};  // HOST_NAME_MAX is 64
  if (gethostname(name.data(), name.size() - 1) != 0) return {};
  return name.data();
}

}  // namespace lanyard::platform
