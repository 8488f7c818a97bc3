// SPDX-License-Identifier: Apache-2.0
#include "platform/system_rng.h"

#include <cerrno>
#include <cstdio>
#include <cstdlib>

#include <sys/random.h>

namespace lanyard::platform {

void SystemRng::fill(MutableBytes out) {
  while (!out.empty()) {
    const ssize_t count = getrandom(out.data(), out.size(), 0);
    if (count > 0) {
      out = out.subspan(static_cast<std::size_t>(count));
    } else if (errno != EINTR) {
      std::perror("lanyard: the system gives no random numbers");
      std::abort();
    }
  }
}

}  // namespace lanyard::platform
