// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/platform/network_namespace.h"

#include <array>
#include <cstdio>
#include <cstdlib>
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

void shell(const std::string& command) {
  CAPTURE(command);
  REQUIRE(std::system(command.c_str()) == 0);
}

std::string output_of(const std::string& command) {
  CAPTURE(command);
  FILE* const pipe = popen(command.c_str(), "re");
  REQUIRE(pipe != nullptr);
  std::string out;
  std::array<char, 512> part{};
  while (const std::size_t size = fread(part.data(), 1, part.size(), pipe)) {
    out.append(part.data(), size);
  }
  REQUIRE(pclose(pipe) == 0);
  return out;
}

}  // namespace lanyard::platform
