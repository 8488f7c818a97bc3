// SPDX-License-Identifier: Apache-2.0
#include "platform/memory_protection.h"

#include <cerrno>

#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "platform/system_error.h"

namespace lanyard::platform {

void protect_memory(LogSink& log_sink) {
  // No core dumps, and no reading of our memory by other processes of the same user.
  if (prctl(PR_SET_DUMPABLE, 0) != 0) {
    log_sink.write(LogLevel::info,
                   system_error(errno, "core dumps could not be switched off").message);
  }
  // A limit on locked memory that is reached later would make allocations fail, so lock all or
  // nothing.
  rlimit limit{};
  if (getrlimit(RLIMIT_MEMLOCK, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY) {
    const rlimit unlimited{RLIM_INFINITY, RLIM_INFINITY};
    if (setrlimit(RLIMIT_MEMLOCK, &unlimited) != 0) {
      log(log_sink, LogLevel::info, "memory is not locked: the limit on locked memory is too low");
      return;
    }
  }
  // ONFAULT: only pages that are used count, not the whole reserve of each thread's stack.
  if (mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) != 0) {
    log_sink.write(LogLevel::info, system_error(errno, "memory is not locked").message);
  }
}

}  // namespace lanyard::platform
