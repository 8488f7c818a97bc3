// SPDX-License-Identifier: Apache-2.0
// All DHT messages that cross the wire of a DhtGround, to be judged by Wireshark's dissector: one
// more reader that shares nothing with who wrote them.
#pragma once

#include <cstddef>
#include <string>

#include "tests/lab/dht_ground.h"
#include "tests/lab/wire_tap.h"

namespace lanyard::lab {

class DhtCapture {
 public:
  explicit DhtCapture(const DhtGround& ground);

  struct Verdict {
    std::size_t messages = 0;
    std::string malformed;  // a line for each
  };
  // Of all that crossed since construction.
  Verdict judge() const;

 private:
  WireTap tap_;
};

}  // namespace lanyard::lab
