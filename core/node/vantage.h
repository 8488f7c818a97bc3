// SPDX-License-Identifier: Apache-2.0
// Vantage: where a node stands in the internet, as far as it knows. Members tell each other in
// their sessions (protocol.md 6.6), so that each can say why there is no direct path between them.
// Nothing else follows from it.
#pragma once

#include <cstdint>

#include "core/control/path_reasons.h"
#include "core/control/reports.h"
#include "core/node/turn.h"

namespace lanyard::node {

struct Vantage {
  // RFC 4787 section 4.1: the ports that a NAT takes for our one port.
  enum class Mapping : std::uint8_t { unknown, no_nat, one_port, port_per_destination };

  Mapping mapping = Mapping::unknown;
  bool is_mapped = false;  // its router forwards a port to it
  bool has_ipv4 = false;
  bool has_ipv6 = false;

  bool varies() const { return mapping == Mapping::port_per_destination && !is_mapped; }
  friend bool operator==(const Vantage&, const Vantage&) = default;
};

Vantage own_vantage(const Turn& turn);
control::PathEnd to_path_end(const Vantage& vantage);
// Why two ends that do not get through to each other directly do not. theirs: nullptr when it has
// not said.
control::PathReason why_not_direct(const Vantage& ours, const Vantage* theirs);
// "IPv4"; of both or neither, which is no obstacle: empty.
const char* only_family(const Vantage& vantage);

}  // namespace lanyard::node
