// SPDX-License-Identifier: Apache-2.0
#include "platform/worker_mailbox.h"

#include <cassert>
#include <utility>

#include <sys/eventfd.h>

namespace lanyard::platform {

WorkerMailbox::WorkerMailbox() : event_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  assert(event_.is_open());
}

void WorkerMailbox::set_forwarding(std::shared_ptr<const node::Forwarding> forwarding) {
  {
    const std::lock_guard lock(mutex_);
    // The one that is replaced unread goes with the parameter, outside the lock.
    mail_.forwarding.swap(forwarding);
    ++left_;
  }
  raise_event();
}

void WorkerMailbox::set_devices(DeviceList devices) {
  {
    const std::lock_guard lock(mutex_);
    mail_.devices = std::move(devices);
    ++left_;
  }
  raise_event();
}

void WorkerMailbox::set_stop() {
  {
    const std::lock_guard lock(mutex_);
    mail_.stop = true;
    ++left_;
  }
  raise_event();
}

void WorkerMailbox::wait_until_used() {
  std::unique_lock lock(mutex_);
  const std::uint64_t wanted = left_;
  used_.wait(lock, [&] { return acknowledged_ >= wanted; });
}

WorkerMail WorkerMailbox::take() {
  eventfd_t ignored = 0;
  eventfd_read(event_.get(), &ignored);
  const std::lock_guard lock(mutex_);
  taken_ = left_;
  return std::exchange(mail_, WorkerMail());
}

void WorkerMailbox::acknowledge() {
  {
    const std::lock_guard lock(mutex_);
    acknowledged_ = taken_;
  }
  used_.notify_all();
}

void WorkerMailbox::raise_event() const { eventfd_write(event_.get(), 1); }

}  // namespace lanyard::platform
