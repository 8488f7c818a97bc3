// SPDX-License-Identifier: Apache-2.0
// The doctest runner of a laboratory program. Where the laboratory cannot be built, it says so and
// exits with 77, which ctest counts as skipped.
// doctest would take the signals that mean "take the laboratory down".
#define DOCTEST_CONFIG_IMPLEMENT
#define DOCTEST_CONFIG_NO_POSIX_SIGNALS
#include <cstdio>

#include <fcntl.h>
#include <unistd.h>

#include <doctest/doctest.h>

#include "tests/lab/waiting.h"

namespace {

constexpr int kSkipped = 77;

const char* why_not() {
  if (geteuid() != 0) return "network namespaces and TAP devices take root";
  if (access("/dev/net/tun", R_OK | W_OK) != 0) return "there is no usable /dev/net/tun";
  return nullptr;
}

}  // namespace

int main(int argc, char** argv) {
  if (const char* reason = why_not()) {
    std::fprintf(stderr, "SKIPPED: %s\n", reason);
    return kSkipped;
  }
  lanyard::lab::catch_interrupts();
  return doctest::Context(argc, argv).run();
}
