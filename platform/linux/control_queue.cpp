// SPDX-License-Identifier: Apache-2.0
#include "platform/control_queue.h"

#include <algorithm>
#include <cassert>

#include <sys/eventfd.h>

namespace lanyard::platform {

ControlQueue::ControlQueue() : queue_(kCapacity), event_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  assert(event_.is_open());
}

void ControlQueue::push(ControlInput::Kind kind,
                        std::uint32_t session_index,
                        const Endpoint& from,
                        Bytes body) {
  if (body.size() > kControlInputBytes) {
    oversized_.fetch_add(1);
    return;
  }
  is_pushed_ |= queue_.push([&](ControlInput& input) {
    input.kind = kind;
    input.session_index = session_index;
    input.from = from;
    input.size = static_cast<std::uint16_t>(body.size());
    std::copy(body.begin(), body.end(), input.bytes.begin());
  });
}

void ControlQueue::signal() {
  if (!is_pushed_) return;
  is_pushed_ = false;
  raise_event();
}

void ControlQueue::raise_event() const { eventfd_write(event_.get(), 1); }

void ControlQueue::clear_event() const {
  eventfd_t ignored = 0;
  eventfd_read(event_.get(), &ignored);
}

}  // namespace lanyard::platform
