// SPDX-License-Identifier: Apache-2.0
// SealedRun: datagrams to one destination that lie one behind the other in memory, so that one
// system call with segmentation offload can send them all.
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/base/bytes.h"
#include "core/base/endpoint.h"

namespace lanyard::node {

// All datagrams but the last have segment_size bytes, the last at most so many.
struct SealedRun {
  // What Linux takes in one call since UDP_SEGMENT exists (UDP_MAX_SEGMENTS; 128 since 6.9).
  static constexpr std::size_t kMaxDatagrams = 64;
  // The largest UDP payload over IPv4: 65,535 - 20 - 8 (RFC 791, RFC 768).
  static constexpr std::size_t kMaxBytes = 65'507;

  Endpoint to;
  Bytes bytes;  // borrowed from whoever sealed them
  std::uint16_t segment_size = 0;

  std::size_t datagrams() const { return (bytes.size() + segment_size - 1) / segment_size; }
  Bytes datagram(std::size_t index) const {
    const Bytes rest = bytes.subspan(index * segment_size);
    return rest.size() < segment_size ? rest : rest.first(segment_size);
  }

  // Takes the datagram in where it lies right behind the last one and the rules allow; false: it
  // needs a run of its own.
  bool append(Bytes datagram) {
    const bool fits = bytes.data() + bytes.size() == datagram.data() &&
                      bytes.size() % segment_size == 0 && datagram.size() <= segment_size &&
                      bytes.size() + datagram.size() <= kMaxBytes &&
                      bytes.size() < kMaxDatagrams * segment_size;
    if (fits) bytes = {bytes.data(), bytes.size() + datagram.size()};
    return fits;
  }
};

}  // namespace lanyard::node
