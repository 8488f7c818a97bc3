// SPDX-License-Identifier: Apache-2.0
// A daemon's status as people read it. The text may change at any time; scripts take --json.
#pragma once

#include <string>

#include "cli/text.h"
#include "core/control/messages.h"

namespace lanyard::cli {

// "direct 192.0.2.2:41000", "lan 192.168.1.7:41000", "relay via nas", "none", to be read after
// "via".
std::string path_text(control::PathKind path, std::string_view via, std::string_view endpoint);

// Every network with its members, then the daemon itself.
std::string status_text(const control::Status& status, UnixTime now, Colour colour);
// How each other member is reached.
std::string peers_text(const control::NetworkStatus& network, UnixTime now, Colour colour);
// Who belongs to the network, this machine included.
std::string members_text(const control::NetworkStatus& network, UnixTime now, Colour colour);

}  // namespace lanyard::cli
