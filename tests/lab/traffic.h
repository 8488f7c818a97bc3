// SPDX-License-Identifier: Apache-2.0
// What scenarios send through the tunnel, and what arrives of it. Every byte is told by its place
// alone, so the receiver checks each without having it: nothing is lost, doubled or altered unseen.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "tests/lab/machine.h"
#include "tests/lab/sockets.h"

namespace lanyard::lab {

// How long a transfer may stand still before it is given up.
constexpr Patience kStall{30'000};

// Bytes without end, others for each seed.
class Stream {
 public:
  explicit Stream(std::uint64_t seed = 0) : state_(seed << 40) {}
  std::string_view next();

 private:
  std::array<std::uint64_t, 8192> block_{};
  std::uint64_t state_;
};

// An established TCP connection, with both of its ends here.
struct Connection {
  Socket near;
  Socket far;
};
// From one machine to an address of the other. Throws when nobody answers.
Connection connect(const Machine& from, const Machine& to, const std::string& address);

// Returns how many bytes arrived as they were sent, up to the first that did not.
std::uint64_t transfer(const Socket& from, const Socket& to, std::uint64_t bytes);
// The same both ways at once.
struct Exchanged {
  std::uint64_t forth = 0;
  std::uint64_t back = 0;
};
Exchanged exchange(const Connection& connection, std::uint64_t bytes);

// UDP datagrams of many lengths to the other's address: some in runs that leave as one where the
// device takes that (UDP_SEGMENT), some alone; then longer ones that IP has to fragment.
struct Burst {
  std::size_t sent = 0;
  std::size_t arrived = 0;  // unaltered and in order, up to the first that was not
};
Burst burst(const Machine& from, const Machine& to, const std::string& address);

}  // namespace lanyard::lab
