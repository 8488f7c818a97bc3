// SPDX-License-Identifier: Apache-2.0
// How a token becomes a membership: the newcomer claims, a member witnesses, the newcomer checks
// what it got. Messages are the node's matter; here is what they have to mean.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "core/base/result.h"
#include "core/network/roster.h"
#include "core/network/token.h"

namespace lanyard::network {

// On the wire as `c` of `refu`: "expired", "used-up", "revoked", "invalid", "other-network".
enum class RefusalCode : std::uint8_t { expired, used_up, revoked, invalid, other_network };
std::string_view to_text(RefusalCode code);
std::optional<RefusalCode> parse_refusal_code(std::string_view text);

struct Refusal {
  RefusalCode code = RefusalCode::invalid;
  std::string message;  // one sentence, without a full stop
};

// As the joining user reads it. A message from a peer is shown only if it is plain text.
Error to_error(const Refusal& refusal);

// A member's answer to a claim. The roster is not changed: the caller adds the membership. Whoever
// has claimed this invite before gets the same membership again. `own` must be an admitted member.
std::variant<Membership, Refusal> redeem(const Roster& roster,
                                         const Claim& claim,
                                         const Grant& grant,
                                         const crypto::IdentityKey& own,
                                         UnixTime now);

// The newcomer's claim.
Claim make_claim(const Token& token,
                 const crypto::IdentityKey& identity,
                 const crypto::NoisePublicKey& noise_key,
                 std::string_view name,
                 UnixTime now);

// What a `welc` carries.
struct Welcome {
  Charter charter;
  Witness witness;
  NetworkSecret secret;
};

// Takes a welcome for our claim: the secret is the one that the token's join secret came from, the
// charter is the network's, and our membership is admitted by the roster, which it is added to with
// the charter. The witness's chain must be in the roster already. Error: this member's word is
// worth nothing; ask another.
Result<Membership> check_welcome(
    Roster& roster, const Token& token, const Claim& claim, const Welcome& welcome, UnixTime now);

}  // namespace lanyard::network
