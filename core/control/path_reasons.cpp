// SPDX-License-Identifier: Apache-2.0
#include "core/control/path_reasons.h"

#include "core/control/fill.h"

namespace lanyard::control {
namespace {

constexpr CheckState kOk = CheckState::ok;
constexpr CheckState kWarning = CheckState::warning;
constexpr CheckState kFailure = CheckState::failure;

constexpr std::array<PathReasonWords, kPathReasons> kWords{{
    {PathReason::lan, "lan", kOk, "{0} is on the same local network", ""},
    {PathReason::direct, "direct", kOk, "{0} is reached directly over the internet", ""},
    {PathReason::trying_direct, "trying_direct", kWarning,
     "{0} is reached through {1} while a direct path is being tried",
     "wait half a minute, then ask again"},
    {PathReason::both_nats_vary, "both_nats_vary", kWarning,
     "{0} is reached through {1}: both ends are behind NATs that take another port for each "
     "destination, so neither can know where to send to",
     "let one of the two routers forward a UDP port to its machine (here: {2}), or start one of "
     "the "
     "daemons with --port-mapping on"},
    {PathReason::own_nat_varies, "own_nat_varies", kWarning,
     "{0} is reached through {1}: this machine's NAT takes another port for each destination, and "
     "what {0} is behind lets in only ports that it has sent to",
     "let this machine's router forward UDP port {2} to it, or start this daemon with "
     "--port-mapping on"},
    {PathReason::their_nat_varies, "their_nat_varies", kWarning,
     "{0} is reached through {1}: its NAT takes another port for each destination, and what this "
     "machine is behind lets in only ports that it has sent to",
     "let the router of {0} forward the UDP port of its daemon to it, or start that daemon with "
     "--port-mapping on"},
    {PathReason::no_common_family, "no_common_family", kWarning,
     "{0} is reached through {1}: this machine has {2} alone, and {0} has {3} alone",
     "give one of the two the other kind of address as well"},
    {PathReason::direct_blocked, "direct_blocked", kWarning,
     "{0} is reached through {1}: nothing that is sent to {2} directly is answered, so a firewall "
     "at one end keeps UDP out",
     "allow UDP port {3} in the firewall of this machine, and the port of the daemon of {0} there"},
    {PathReason::calling, "calling", kWarning, "{0} is being called", "wait a few seconds"},
    {PathReason::no_address, "no_address", kFailure,
     "{0} has no address that is known here: it has not been online since it was last seen",
     "start it; if it runs, see what lanyard netcheck says there"},
    {PathReason::no_answer, "no_answer", kFailure,
     "{0} does not answer at {1}, and no member relays to it: it is offline, or its network keeps "
     "UDP out",
     "see there that it is on and what lanyard netcheck says"},
    {PathReason::went_silent, "went_silent", kFailure,
     "{0} has stopped answering: it was cut off, switched off, or has gone to sleep",
     "see there that it is on; it is called again by itself"},
    {PathReason::said_bye, "said_bye", kFailure, "{0} has ended the session: {1}",
     "see there what lanyard status says"},
    {PathReason::other_version, "other_version", kFailure,
     "{0} speaks another version of the protocol", "update the older of the two"},
    {PathReason::no_common_cipher, "no_common_cipher", kFailure,
     "{0} has no cipher in common with this machine", "update the older of the two"},
    {PathReason::network_down, "network_down", kFailure,
     "{0} is not reached: {1} is down on this machine", "lanyard up {1}"},
}};

constexpr bool is_in_order() {
  for (std::size_t i = 0; i < kWords.size(); ++i) {
    if (kWords[i].reason != static_cast<PathReason>(i)) return false;
  }
  return true;
}
static_assert(is_in_order());

}  // namespace

Check make_verdict(PathReason reason, const std::vector<std::string>& values) {
  const PathReasonWords& words = kWords[static_cast<std::size_t>(reason)];
  return {std::string(words.code), words.state, fill(words.sentence, values),
          fill(words.remedy, values)};
}

const std::array<PathReasonWords, kPathReasons>& path_reason_words() { return kWords; }

}  // namespace lanyard::control
