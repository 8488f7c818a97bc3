// SPDX-License-Identifier: Apache-2.0
#include "tests/lab/kernel_counters.h"

#include <array>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace lanyard::lab {

KernelCounters::KernelCounters(const NetworkNamespace& space) {
  const Visit visit(space);
  // Pairs of lines: "Tcp: ActiveOpens ..." and "Tcp: 3 ...".
  for (const char* path : {"/proc/thread-self/net/snmp", "/proc/thread-self/net/netstat"}) {
    std::ifstream file(path);
    std::string names;
    std::string values;
    while (std::getline(file, names) && std::getline(file, values)) {
      std::istringstream name_words(names);
      std::istringstream value_words(values);
      std::string group;
      std::string name;
      std::string value;
      name_words >> group;
      value_words >> value;
      group.pop_back();
      // Some are negative: they are no counters.
      while (name_words >> name && value_words >> value) {
        if (value.front() != '-') counters_[group + name] = std::stoull(value);
      }
    }
  }
  std::ifstream file("/proc/thread-self/net/snmp6");
  std::string name;
  std::uint64_t value = 0;
  while (file >> name >> value) counters_[name] = value;
}

std::uint64_t KernelCounters::operator[](std::string_view name) const {
  const auto found = counters_.find(name);
  if (found == counters_.end()) throw std::runtime_error("no counter " + std::string(name));
  return found->second;
}

InterfaceCounters interface_counters(const NetworkNamespace& space, const std::string& interface) {
  const Visit visit(space);
  std::ifstream file("/proc/thread-self/net/dev");
  for (std::string line; std::getline(file, line);) {
    const std::size_t name = line.find(interface + ":");
    if (name == std::string::npos) continue;
    // Eight figures of each direction: bytes, packets, errors, dropped, ...
    std::istringstream figures(line.substr(name + interface.size() + 1));
    std::array<std::uint64_t, 16> values{};
    for (std::uint64_t& value : values) figures >> value;
    return {values[1], values[3], values[9], values[11]};
  }
  throw std::runtime_error("no interface " + interface);
}

}  // namespace lanyard::lab
