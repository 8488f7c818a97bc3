// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/platform/network_namespace.h"

#include <thread>

#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include <doctest/doctest.h>

namespace lanyard::platform {

void in_network_namespace(const std::function<void()>& body) {
  if (geteuid() != 0 || access("/dev/net/tun", R_OK | W_OK) != 0) {
    MESSAGE("skipped: needs root and /dev/net/tun");
    return;
  }
  bool is_made = false;
  std::thread thread([&] {
    // Namespaces belong to threads: the rest of the program stays where it is.
    is_made = unshare(CLONE_NEWNET | CLONE_NEWNS) == 0 &&
              mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0;
    if (!is_made) return;
    try {
      body();
    } catch (const doctest::detail::TestFailureException&) {
      // A REQUIRE that failed: it is counted already.
    }
  });
  thread.join();
  if (!is_made) MESSAGE("skipped: no right to make a network namespace");
}

}  // namespace lanyard::platform
