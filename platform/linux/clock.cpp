// SPDX-License-Identifier: Apache-2.0
#include "platform/clock.h"

#include <ctime>

namespace lanyard::platform {
namespace {

timespec read_clock(clockid_t clock) {
  timespec time{};
  clock_gettime(clock, &time);
  return time;
}

}  // namespace

Instant now() {
  const timespec time = read_clock(CLOCK_BOOTTIME);
  return {std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec};
}

UnixTime wall_clock() { return {read_clock(CLOCK_REALTIME).tv_sec}; }

}  // namespace lanyard::platform
