// SPDX-License-Identifier: Apache-2.0
#include "platform/open_files.h"

#include <sys/resource.h>

namespace lanyard::platform {

std::uint64_t open_file_limit() {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  return limit.rlim_cur;
}

void raise_open_file_limit() {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace lanyard::platform
