// SPDX-License-Identifier: Apache-2.0
// Names of networks and members: letters, digits, '-', '_' and '.', beginning with a letter or a
// digit, so that they are safe in terminals, paths and (later) DNS.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"

namespace lanyard::network {

inline constexpr std::size_t kMaxNetworkName = 32;  // bytes; fits a charter and a line of status
inline constexpr std::size_t kMaxMemberName = 63;   // bytes; a DNS label (RFC 1035 section 2.3.4)

bool is_network_name(std::string_view text);
bool is_member_name(std::string_view text);

// The same with the reason, for names that a user has typed.
Result<void> check_network_name(std::string_view text);
Result<void> check_member_name(std::string_view text);

// A valid member name from any host name: its first label, other characters as '-'; "node" when
// nothing is left.
std::string to_member_name(std::string_view host_name);

// The display names of members in admission order: of names that are equal but for case, the first
// is kept and the others get -2, -3, … ; a long one is shortened to make room.
std::vector<std::string> distinct_names(const std::vector<std::string>& wished);

}  // namespace lanyard::network
