// SPDX-License-Identifier: Apache-2.0
// What a kernel has counted in a network namespace since that was made, by the names of nstat(8):
// "TcpRetransSegs", "TcpExtTCPOFOQueue", "Udp6InErrors". A name that the kernel does not know
// throws: a test that it never counts something cannot pass for that.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "tests/lab/network_namespace.h"

namespace lanyard::lab {

class KernelCounters {
 public:
  explicit KernelCounters(const NetworkNamespace& space);

  std::uint64_t operator[](std::string_view name) const;
  // What was counted between the two.
  std::uint64_t since(const KernelCounters& before, std::string_view name) const {
    return (*this)[name] - before[name];
  }

 private:
  std::map<std::string, std::uint64_t, std::less<>> counters_;
};

// Packets of an interface, as its own namespace sees them. A super-frame is one.
struct InterfaceCounters {
  std::uint64_t received = 0;
  std::uint64_t received_dropped = 0;
  std::uint64_t sent = 0;
  std::uint64_t sent_dropped = 0;
};
InterfaceCounters interface_counters(const NetworkNamespace& space, const std::string& interface);

}  // namespace lanyard::lab
