// SPDX-License-Identifier: Apache-2.0
// A UDP payload on its way out, and the reused list that the parts of a node append them to.
#pragma once

#include <vector>

#include "core/base/bytes.h"
#include "core/base/endpoint.h"

namespace lanyard {

struct Datagram {
  Endpoint to;
  Buffer payload;
};

// The owner sends and clears it before the next input is handed in, so that nothing re-enters.
using Datagrams = std::vector<Datagram>;

}  // namespace lanyard
