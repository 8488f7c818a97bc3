// SPDX-License-Identifier: Apache-2.0
// Holds Segmentation against its slow twin. For unit tests and the fuzzer alike.
#pragma once

#include <string>

#include "core/base/bytes.h"
#include "core/vswitch/offload/offload_header.h"

namespace lanyard::vswitch::test {

// What is wrong with what Segmentation makes of it; empty: nothing.
std::string find_segmentation_fault(Bytes frame, const OffloadHeader& offload);

// The same for input of any kind, read as an offload header and a frame.
std::string find_segmentation_fault(Bytes input);

}  // namespace lanyard::vswitch::test
