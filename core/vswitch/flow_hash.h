// SPDX-License-Identifier: Apache-2.0
// Tells flows apart, for spreading them over queues: frames of one flow have one hash, whatever
// else they carry.
#pragma once

#include <cstdint>

#include "core/base/bytes.h"

namespace lanyard::vswitch {

// Of the addresses, the protocol and, for whole TCP and UDP packets, the ports; of a frame without
// IP, the MAC addresses; 0 for a runt. For one direction: the answers have another. No secret is in
// it, and it must decide nothing but which queue is used.
std::uint32_t flow_hash(Bytes frame);

}  // namespace lanyard::vswitch
