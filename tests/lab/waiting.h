// SPDX-License-Identifier: Apache-2.0
// Waiting for something to become true, always for a bounded time, and ending early when the user
// interrupts the tests, so that destructors take the laboratory down.
#pragma once

#include <chrono>
#include <stdexcept>

namespace lanyard::lab {

using Clock = std::chrono::steady_clock;
using Patience = std::chrono::milliseconds;

// Thrown out of every wait once SIGINT, SIGTERM or SIGHUP has come.
struct Interrupted : std::runtime_error {
  Interrupted() : std::runtime_error("interrupted") {}
};

// Turns those signals into Interrupted; once, at the start of the program.
void catch_interrupts();
void throw_if_interrupted();

class Deadline {
 public:
  explicit Deadline(Patience patience) : at_(Clock::now() + patience) {}
  bool passed() const { return Clock::now() >= at_; }
  // Not negative.
  Patience left() const;

 private:
  Clock::time_point at_;
};

// Until the descriptor can be read (or written), or the deadline has passed.
enum class Readiness { readable, writable };
bool wait_for(int descriptor, Readiness readiness, const Deadline& deadline);

// One look every so often at what sends no event. False when patience is at its end.
void pause_between_looks();
template <typename Condition>
bool wait_until(Patience patience, const Condition& condition) {
  const Deadline deadline(patience);
  while (!condition()) {
    if (deadline.passed()) return false;
    pause_between_looks();
  }
  return true;
}

// Lets that much time pass: for what is about time itself.
inline void pass(Patience time) {
  wait_until(time, [] { return false; });
}

class Stopwatch {
 public:
  double seconds() const { return std::chrono::duration<double>(Clock::now() - begin_).count(); }

 private:
  Clock::time_point begin_ = Clock::now();
};

}  // namespace lanyard::lab
