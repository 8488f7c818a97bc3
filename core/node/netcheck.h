// SPDX-License-Identifier: Apache-2.0
// What `netcheck` and `doctor` conclude about the DHT and about a NAT, of what the status says.
// Pure.
#pragma once

#include <string_view>

#include "core/base/time.h"
#include "core/control/check.h"
#include "core/control/messages.h"
#include "core/dht/dht.h"

namespace lanyard::node {

control::DhtStatus dht_status(const dht::Dht& dht, Instant now, std::string_view mode);

control::Check check_dht(const control::DhtStatus& dht, Duration uptime);
// Of everything else in it.
control::Check check_nat(const control::Netcheck& netcheck);

}  // namespace lanyard::node
