// SPDX-License-Identifier: Apache-2.0
// Which queue of a TAP device the kernel puts a frame in: the same one for all frames of a flow.
//
// By itself it goes by a table of flows, which follows the queue that answers come by and forgets a
// flow without answers after three seconds. Whenever the queue changes, frames in the new one
// overtake those that wait in the old. So it is given a program (TUNSETSTEERINGEBPF) that goes by
// nothing but the addresses, protocol and ports in the frame.
#pragma once

#include <cstdint>

#include "platform/file_descriptor.h"

namespace lanyard::platform {

enum class Steering : std::uint8_t {
  by_flow,  // or there is nothing to choose from
  by_kernel,
};

// For the device of the queue, once and for all. by_kernel where the kernel has no such programs
// (before Linux 4.16), or gives us no right to load them (CAP_BPF, or CAP_SYS_ADMIN before 5.8).
Steering steer_by_flow(const FileDescriptor& queue);

}  // namespace lanyard::platform
