// SPDX-License-Identifier: Apache-2.0
// From what is known of a daemon to what `doctor` says about it. Pure: the facts are gathered by
// the node and its owner, the words are in core/control/findings.h.
#pragma once

#include <span>
#include <vector>

#include "core/base/time.h"
#include "core/control/check.h"
#include "core/control/status.h"
#include "core/node/system_facts.h"

namespace lanyard::node {

// Beside what the status says of a network.
struct NetworkEvidence {
  std::span<const OffloadFact> offloads;  // of its device; empty when that is not open
  UnixTime newest_record;                 // signed by a member
};

// Everything is borrowed for the call of diagnose().
struct Evidence {
  const control::Status& status;
  const SystemFacts& system;
  std::vector<NetworkEvidence> networks;  // one for each of status.networks, in their order
  UnixTime wall;
};

// One check for each thing that was looked at, or for each network, device and cipher; always in
// the same order.
std::vector<control::Check> diagnose(const Evidence& evidence);

}  // namespace lanyard::node
