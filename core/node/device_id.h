// SPDX-License-Identifier: Apache-2.0
// The name that node, data plane and platform share for a network's TAP device.
#pragma once

#include <cstdint>

namespace lanyard::node {

// Valid while the device is open: small, reused after close.
using DeviceId = std::uint32_t;

}  // namespace lanyard::node
