// SPDX-License-Identifier: Apache-2.0
// What people do in the small scenarios, in one word each.
#pragma once

#include <string>
#include <string_view>

#include "tests/sim/world.h"

namespace lanyard::sim {

// The network's name is also that of its TAP device.
void create(World& world, Host& host, const std::string& network);
// The token, or an empty text.
std::string invite(World& world, Host& host, const std::string& network, std::uint32_t uses);
Result<control::Reply> join(World& world,
                            Host& host,
                            const std::string& network,
                            const std::string& token,
                            Duration patience);
// What the status of one says about the other; nothing when it is not listed.
std::optional<control::MemberStatus> member(World& world,
                                            Host& asked,
                                            const std::string& network,
                                            std::string_view name);
// A packet gets from one to the other, sent again every 100 ms.
bool reaches(World& world, Host& from, Host& to, const std::string& network, Duration patience);
bool reach_each_other(
    World& world, Host& a, Host& b, const std::string& network, Duration patience);

}  // namespace lanyard::sim
