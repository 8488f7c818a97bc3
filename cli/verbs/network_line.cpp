// SPDX-License-Identifier: Apache-2.0
#include "cli/verbs/network_line.h"

#include "cli/text.h"

namespace lanyard::cli {

std::string network_line(const control::NetworkReply& network) {
  std::string line = printable(network.name) + " is up";
  if (!network.interface.empty()) line += " on " + printable(network.interface);
  std::string_view separator = ": ";
  for (const std::string& address : network.addresses) {
    line += separator;
    line += printable(address);
    separator = ", ";
  }
  return line;
}

}  // namespace lanyard::cli
