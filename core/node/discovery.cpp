// SPDX-License-Identifier: Apache-2.0
#include "core/node/discovery.h"

#include <algorithm>

namespace lanyard::node {

namespace {

constexpr Duration kMemberRest = seconds(20);  // between attempts with one unknown address
constexpr std::int64_t kRumourGrowth = 4;      // a member that is there calls us, or tells where
constexpr Duration kJoinRest = seconds(1);     // a person waits at the other end
// Two NATs open only while both sides send: whoever misses someone looks often at first, then ever
// more seldom: a fortieth of the time that has gone lies between two looks.
constexpr std::int64_t kLookShare = 40;
constexpr Duration kBriskLook = seconds(3);    // for two minutes
constexpr Duration kLonelyLook = seconds(60);  // at the most, where nobody could tell of the others
constexpr Duration kCalmLook = minutes(5);     // where somebody could
constexpr Duration kFreshInvite = minutes(2);  // mostly it is used by then

}  // namespace

Discovery::Discovery(std::uint32_t member_credentials, std::uint32_t join_credentials)
    : at_members_door_(member_credentials, {kMemberRest, kRumourGrowth}),
      at_newcomers_door_(join_credentials, {kJoinRest}) {}

void Discovery::begin(Turn& turn) {
  began_ = turn.now;
  at_members_door_.cancel_all(turn);
  at_newcomers_door_.cancel_all(turn);
  of_members_.renew();
  of_newcomers_.renew();
}

void Discovery::expect_newcomers(Instant now) {
  invited_at_ = now;
  of_newcomers_.renew();
}

void Discovery::stop(Turn& turn) {
  at_members_door_.cancel_all(turn);
  at_newcomers_door_.cancel_all(turn);
  of_members_.stop(turn);
  of_newcomers_.stop(turn);
}

Duration Discovery::member_look_interval(Instant now, Wanted::Members missing) const {
  if (missing == Wanted::Members::none) return {};
  const Duration longest = missing == Wanted::Members::all ? kLonelyLook : kCalmLook;
  return std::clamp((now - began_) / kLookShare, kBriskLook, longest);
}

Duration Discovery::join_look_interval(Instant now) const {
  // Later a newcomer may wait for half a minute.
  if (now - invited_at_ < kFreshInvite) return seconds(4);
  return now - invited_at_ < minutes(15) ? seconds(10) : seconds(60);
}

void Discovery::tick(Turn& turn,
                     const network::AccessKeys& member_keys,
                     const network::AccessKeys& join_keys,
                     const Wanted& wanted) {
  of_members_.tick(turn, member_keys, member_look_interval(turn.now, wanted.members));
  if (wanted.newcomers == Wanted::Newcomers::yes) {
    of_newcomers_.tick(turn, join_keys, join_look_interval(turn.now));
  } else {
    of_newcomers_.stop(turn);
  }
}

void Discovery::answered(Turn& turn, tunnel::AttemptId attempt) {
  if (!at_members_door_.answered(turn, attempt)) at_newcomers_door_.answered(turn, attempt);
}

void Discovery::failed(Turn& turn, tunnel::AttemptId attempt) {
  if (!at_members_door_.failed(turn, attempt)) at_newcomers_door_.failed(turn, attempt);
}

std::optional<tunnel::Scope> Discovery::owner(const dht::InfoHash& info_hash) const {
  if (of_members_.owns(info_hash)) return tunnel::Scope::member;
  if (of_newcomers_.owns(info_hash)) return tunnel::Scope::join;
  return std::nullopt;
}

void Discovery::lookup_done(Turn& turn, const dht::LookupDone& done) {
  of_members_.lookup_done(turn, done);
  of_newcomers_.lookup_done(turn, done);
}

}  // namespace lanyard::node
