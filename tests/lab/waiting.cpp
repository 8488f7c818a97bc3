// SPDX-License-Identifier: Apache-2.0
#include "tests/lab/waiting.h"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <csignal>

#include <poll.h>
#include <unistd.h>

namespace lanyard::lab {
namespace {

// Short against every deadline, long against the cost of asking a daemon.
constexpr Patience kLookInterval{20};

std::atomic<bool> interrupted = false;

}  // namespace

void catch_interrupts() {
  struct sigaction action {};
  // The second signal finds the default again: nobody is locked in.
  action.sa_flags = static_cast<int>(SA_RESETHAND);
  action.sa_handler = [](int) { interrupted = true; };
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) sigaction(signal, &action, nullptr);
  // A client that hangs up is one of the things tried.
  std::signal(SIGPIPE, SIG_IGN);
}

void throw_if_interrupted() {
  if (interrupted) throw Interrupted();
}

Patience Deadline::left() const {
  const auto left = std::chrono::duration_cast<Patience>(at_ - Clock::now());
  return std::max(left, Patience{0});
}

bool wait_for(int descriptor, Readiness readiness, const Deadline& deadline) {
  pollfd waiting{descriptor, readiness == Readiness::readable ? short{POLLIN} : short{POLLOUT}, 0};
  while (true) {
    throw_if_interrupted();
    const int ready = poll(&waiting, 1, static_cast<int>(deadline.left().count()));
    if (ready > 0) return true;
    if (ready == 0 && deadline.passed()) return false;
    if (ready < 0 && errno != EINTR) return false;
  }
}

void pause_between_looks() {
  throw_if_interrupted();
  poll(nullptr, 0, static_cast<int>(kLookInterval.count()));
}

}  // namespace lanyard::lab
