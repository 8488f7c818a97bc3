// SPDX-License-Identifier: Apache-2.0
#include "core/node/drop_reason.h"

namespace lanyard::node {

std::string_view to_string(DropReason reason) {
  switch (reason) {
    case DropReason::runt: return "runt";
    case DropReason::unknown_device: return "unknown_device";
    case DropReason::spoofed_address: return "spoofed_address";
    case DropReason::session_exhausted: return "session_exhausted";
    case DropReason::output_full: return "output_full";
    case DropReason::foreign_source: return "foreign_source";
    case DropReason::unknown_destination: return "unknown_destination";
    case DropReason::no_path: return "no_path";
    case DropReason::oversized: return "oversized";
    case DropReason::malformed_offload: return "malformed_offload";
    case DropReason::malformed: return "malformed";
    case DropReason::unknown_session: return "unknown_session";
    case DropReason::forged: return "forged";
    case DropReason::replayed: return "replayed";
    case DropReason::unknown_kind: return "unknown_kind";
    case DropReason::not_verified: return "not_verified";
    case DropReason::spoofed_source: return "spoofed_source";
    case DropReason::not_for_us: return "not_for_us";
    case DropReason::unknown_circuit: return "unknown_circuit";
    case DropReason::relay_quota: return "relay_quota";
  }
  return "unknown";
}

DropCounts DropCounters::read() const {
  DropCounts counts{};
  for (std::size_t i = 0; i < counts.size(); ++i) {
    counts[i] = counters_[i].load(std::memory_order_relaxed);
  }
  return counts;
}

}  // namespace lanyard::node
