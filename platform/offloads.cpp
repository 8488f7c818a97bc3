// SPDX-License-Identifier: Apache-2.0
// The words for offloads on the command line and in reports.
#include "platform/offloads.h"

namespace lanyard::platform {

std::string_view to_string(Offload offload) {
  switch (offload) {
    case Offload::vnet: return "vnet";
    case Offload::checksum: return "checksum";
    case Offload::tso: return "tso";
    case Offload::uso: return "uso";
    case Offload::udp_gso: return "udp-gso";
    case Offload::udp_gro: return "udp-gro";
  }
  return {};
}

std::optional<Offload> parse_offload(std::string_view name) {
  for (const Offload offload : kOffloads) {
    if (to_string(offload) == name) return offload;
  }
  return std::nullopt;
}

}  // namespace lanyard::platform
