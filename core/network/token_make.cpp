// SPDX-License-Identifier: Apache-2.0
// Making tokens: which wishes for an invite can be granted, and its grant (token.h).
#include "core/network/name.h"
#include "core/network/token.h"

namespace lanyard::network {

namespace {

Result<void> check_wish(const Charter& charter, const InviteWish& wish) {
  if (wish.uses < 1 || wish.uses > kMaxUses) {
    return make_error(Errc::invalid, "an invite has 1 to 65535 uses");
  }
  if (wish.name) {
    if (auto checked = check_member_name(*wish.name); !checked) return checked;
  }
  if (wish.uses > 1 && wish.address) {
    return make_error(Errc::invalid, "one address cannot be given to several members",
                      "leave --address out, or make an invite with one use");
  }
  const IpPrefix& subnet = charter.terms().subnet;
  if (wish.address && !is_host_address(subnet, *wish.address)) {
    return make_error(Errc::invalid,
                      wish.address->to_string() + " is no address for a member of the subnet " +
                          subnet.to_string(),
                      "choose one inside it");
  }
  return {};
}

}  // namespace

Result<Token> make_token(const Charter& charter,
                         const crypto::AdminKey& admin,
                         const NetworkSecret& secret,
                         const InviteWish& wish,
                         std::vector<Endpoint> hints,
                         Rng& rng) {
  if (auto checked = check_wish(charter, wish); !checked) return checked.error();
  InviteSeed seed = InviteSeed::random(rng);
  GrantTerms terms = {.address = wish.address,
                      .network = charter.network(),
                      .invite = invite_key(seed).public_key(),
                      .name = wish.name,
                      .admin = {},
                      .role = MemberRole::member,
                      .uses = wish.uses,
                      .not_after = wish.not_after};
  if (!terms.is_valid()) {
    return make_error(Errc::invalid, "the invite would expire after the year 2106",
                      "choose a shorter time");
  }
  if (charter.find_admin(admin_id(admin.public_key())) == nullptr) {
    return make_error(Errc::permission, "only an admin of the network can invite",
                      "make the invite on the machine that made the network");
  }
  return Token{std::move(seed), join_secret(secret), Grant::make(std::move(terms), admin),
               std::move(hints)};
}

}  // namespace lanyard::network
