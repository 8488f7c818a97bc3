// SPDX-License-Identifier: Apache-2.0
// Token: an invite as text. It holds what a newcomer needs to find any member, to shake hands and
// to claim; it does not hold the network's secret. Whoever has it can join: never log one.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/endpoint.h"
#include "core/base/result.h"
#include "core/base/rng.h"
#include "core/base/time.h"
#include "core/network/access.h"
#include "core/network/charter.h"
#include "core/network/grant.h"

namespace lanyard::network {

using InviteSeed = crypto::Secret<16>;

// With two IPv4 hints and no name the text stays within 250 characters; more hints are of use only
// on rare networks.
inline constexpr std::size_t kMaxHints = 4;

// The key that signs claims for the invite of this seed.
crypto::InviteKey invite_key(const InviteSeed& seed);

struct Token {
  InviteSeed seed;
  JoinSecret join_secret;
  Grant grant;
  std::vector<Endpoint> hints;  // where members may be reached, best first

  const NetworkId& network() const { return grant.terms().network; }
  // Upper-case bech32m with the prefix LANYARD. Hints beyond kMaxHints are left out.
  std::string to_text() const;
  // Any case, any white space. The error says what is wrong with the text; that it is out of date
  // is for check_time() to say.
  static Result<Token> parse(std::string_view text);
  Result<void> check_time(UnixTime now) const;
};

// What the inviter wants; the rest of the grant follows from the network.
struct InviteWish {
  std::uint32_t uses = 1;
  UnixTime not_after;
  std::optional<std::string> name;
  std::optional<IpAddress> address;
};

// A fresh invite. Refused where a wish is out of range or the address is not one of the subnet.
Result<Token> make_token(const Charter& charter,
                         const crypto::AdminKey& admin,
                         const NetworkSecret& secret,
                         const InviteWish& wish,
                         std::vector<Endpoint> hints,
                         Rng& rng);

}  // namespace lanyard::network
