// SPDX-License-Identifier: Apache-2.0
// Where the control thread leaves what the worker is to use from its next batch on.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "core/node/device_id.h"
#include "core/node/forwarding.h"
#include "platform/file_descriptor.h"
#include "platform/offloads.h"

namespace lanyard::platform {

// A worker's queues of a TAP device, or of whatever carries one frame for each read and write.
struct Device {
  node::DeviceId id = 0;
  std::vector<SharedDescriptor> queues;  // at least one
  Offloads offloads = Offloads::none();  // those that are on
};
using DeviceList = std::vector<Device>;  // ascending by id

struct WorkerMail {
  std::shared_ptr<const node::Forwarding> forwarding;  // nullptr: unchanged
  std::optional<DeviceList> devices;                   // all there are; absent: unchanged
  bool stop = false;
};

// Only the last state matters: mail that is not taken yet is overwritten by newer.
class WorkerMailbox {
 public:
  WorkerMailbox();

  // Control thread.
  void set_forwarding(std::shared_ptr<const node::Forwarding> forwarding);
  void set_devices(DeviceList devices);
  void set_stop();
  // Returns when the worker has put to use all that was left before.
  void wait_until_used();

  // Worker: readable when there is mail.
  int descriptor() const { return event_.get(); }
  WorkerMail take();
  // After take(), once nothing of the state before is in use any more.
  void acknowledge();

 private:
  void raise_event() const;

  FileDescriptor event_;
  std::mutex mutex_;
  std::condition_variable used_;
  WorkerMail mail_;                 // under mutex_
  std::uint64_t left_ = 0;          // times that mail was left; under mutex_
  std::uint64_t taken_ = 0;         // of those, how many the worker has seen; under mutex_
  std::uint64_t acknowledged_ = 0;  // and put to use; under mutex_
};

}  // namespace lanyard::platform
