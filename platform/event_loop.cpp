// SPDX-License-Identifier: Apache-2.0
#include "platform/event_loop.h"

#include <algorithm>
#include <cassert>
#include <csignal>

namespace lanyard::platform {
namespace {

// libuv fails here only when the process is out of memory or of descriptors at its start.
void check(int result) {
  assert(result == 0);
  static_cast<void>(result);
}

}  // namespace

EventLoop::EventLoop() { check(uv_loop_init(&loop_)); }

EventLoop::~EventLoop() {
  // Lets the handles that were closed finish.
  uv_run(&loop_, UV_RUN_DEFAULT);
  check(uv_loop_close(&loop_));
}

ReadableWatch::ReadableWatch(EventLoop& loop, int descriptor, std::function<void()> on_readable)
    : Watch(std::move(on_readable)) {
  void* self = handle()->data;
  check(uv_poll_init(loop.get(), handle(), descriptor));
  handle()->data = self;
  check(uv_poll_start(handle(), UV_READABLE, [](uv_poll_t* poll, int, int) { call(poll); }));
}

Timer::Timer(EventLoop& loop, std::function<void()> on_due) : Watch(std::move(on_due)) {
  check(uv_timer_init(loop.get(), handle()));
}

void Timer::start(Duration delay) {
  // libuv counts in milliseconds from the loop's last look at the clock: look now, and round up,
  // or the node would be called before its deadline and have nothing to do.
  uv_update_time(handle()->loop);
  const std::int64_t wait = (std::max<std::int64_t>(delay.nanoseconds, 0) + 999'999) / 1'000'000;
  check(uv_timer_start(
      handle(), [](uv_timer_t* timer) { call(timer); }, static_cast<std::uint64_t>(wait), 0));
}

void Timer::stop() { uv_timer_stop(handle()); }

SignalWatch::SignalWatch(EventLoop& loop, int signal_number, std::function<void()> on_signal)
    : Watch(std::move(on_signal)) {
  check(uv_signal_init(loop.get(), handle()));
  check(uv_signal_start(
      handle(), [](uv_signal_t* signal, int) { call(signal); }, signal_number));
}

void hold_back_signals() {
  sigset_t both;
  sigemptyset(&both);
  sigaddset(&both, SIGTERM);
  sigaddset(&both, SIGINT);
  pthread_sigmask(SIG_BLOCK, &both, nullptr);
}

}  // namespace lanyard::platform
