// SPDX-License-Identifier: Apache-2.0
// The control thread's libuv loop and the handles on it, each owned by one object: when the object
// goes, its function is called no more.
#pragma once

#include <functional>

#include <uv.h>

#include "core/base/time.h"

namespace lanyard::platform {

// Must outlive every handle on it.
class EventLoop {
 public:
  EventLoop();
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;
  ~EventLoop();

  uv_loop_t* get() { return &loop_; }
  // Until stop() is called from one of the handles' functions.
  void run() { uv_run(&loop_, UV_RUN_DEFAULT); }
  void stop() { uv_stop(&loop_); }

 private:
  uv_loop_t loop_;
};

// A libuv handle with the function that it calls.
template <typename Handle>
class Watch {
 public:
  explicit Watch(std::function<void()> on_event) : state_(new State{{}, std::move(on_event)}) {
    state_->handle.data = state_;
  }
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;
  ~Watch() {
    state_->on_event = nullptr;
    if (uv_handle_get_type(generic()) == UV_UNKNOWN_HANDLE) {
      delete state_;
    } else {
      uv_close(generic(), [](uv_handle_t* handle) { delete static_cast<State*>(handle->data); });
    }
  }

 protected:
  Handle* handle() { return &state_->handle; }
  uv_handle_t* generic() { return reinterpret_cast<uv_handle_t*>(&state_->handle); }
  // libuv's callbacks end here.
  static void call(Handle* handle) {
    State* state = static_cast<State*>(handle->data);
    if (state->on_event) state->on_event();
  }

 private:
  struct State {
    Handle handle;
    std::function<void()> on_event;
  };

  State* state_;  // outlives this object until libuv has let go of the handle
};

// Calls whenever the descriptor is readable. The descriptor must outlive the watch.
class ReadableWatch : public Watch<uv_poll_t> {
 public:
  ReadableWatch(EventLoop& loop, int descriptor, std::function<void()> on_readable);
};

class Timer : public Watch<uv_timer_t> {
 public:
  Timer(EventLoop& loop, std::function<void()> on_due);
  // Calls once, not before the delay has passed; replaces what was set.
  void start(Duration delay);
  void stop();
};

class SignalWatch : public Watch<uv_signal_t> {
 public:
  SignalWatch(EventLoop& loop, int signal_number, std::function<void()> on_signal);
};

// The calling thread takes no SIGTERM and no SIGINT any more: they wait for the process's end.
void hold_back_signals();

}  // namespace lanyard::platform
