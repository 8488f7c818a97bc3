// SPDX-License-Identifier: Apache-2.0
// Gossip: how the rosters of a network become equal (protocol.md 6.1), and what follows from what
// is learnt: who may be talked to, and what our own addresses are.
#include <algorithm>
#include <utility>

#include "core/node/local_network.h"

namespace lanyard::node {

namespace {

constexpr Duration kHaveEvery = seconds(2);
constexpr Duration kHaveAtMost = seconds(1);  // what is taken from a peer: answers are larger
// One exchange lists at most this many pages of 64 items to a peer.
constexpr std::size_t kMaxPages = 64;
constexpr Duration kPresenceEvery = milliseconds(500);  // addresses are learnt in bursts

}  // namespace

void LocalNetwork::send_items(Turn& turn,
                              const Link& link,
                              const std::vector<Buffer>& items) const {
  for (const std::vector<Bytes>& part : network::pack_items(items)) {
    link.send(turn, encode_items(part));
  }
}

void LocalNetwork::apply(Turn& turn,
                         const network::RosterChange& change,
                         tunnel::SessionIndex source) {
  if (change.is_empty()) return;
  roster_file_due_ = true;
  if (change.charter) network_file_due_ = true;
  if (change.presence) presence_due_ = true;  // perhaps an old one of our own
  if (!change.readdressed.empty() || change.charter) turn.forwarding_changed = true;
  note_invites(turn, change);
  forward(turn, change, source);
  mesh_.follow(turn, roster_, own_id_);
  if (!is_wanted_up()) return;
  next_tick_ = earlier(next_tick_, turn.now + milliseconds(250));
  if (self() == nullptr) {
    withdraw(turn);
    return;
  }
  if (device_ != Device::failed) trouble_.clear();
  configure_device(turn);
}

void LocalNetwork::note_invites(Turn& turn, const network::RosterChange& change) {
  if (!change.invites) return;
  const bool is_open = roster_.has_open_invite(turn.wall);
  if (is_open && !had_open_invite_) discovery_.expect_newcomers(turn.now);
  had_open_invite_ = is_open;
}

// Before those who are out lose their sessions: a revoked member hears of it, too.
void LocalNetwork::forward(Turn& turn,
                           const network::RosterChange& change,
                           tunnel::SessionIndex source) const {
  std::vector<Buffer> items;
  for (const network::ItemKey& key : change.accepted) {
    if (const Buffer* item = roster_.item(key)) items.push_back(*item);
  }
  if (items.empty()) return;
  for (const Link* link : mesh_.connected(source)) send_items(turn, *link, items);
}

void LocalNetwork::withdraw(Turn& turn) {
  trouble_ = "this machine is no longer a member: it was revoked, or others used its invite first";
  close_all_circuits(turn);
  mesh_.drop_all(turn, "it is no longer a member");
  discovery_.stop(turn);
  own_whereabouts_.stop(turn);
  missing_members_.stop(turn);
}

void LocalNetwork::compare_digest(Turn& turn, Link& link, const network::Digest& theirs) {
  if (theirs == roster_.digest() || turn.now - link.last_have < kHaveEvery) return;
  link.last_have = turn.now;
  std::optional<network::ItemKey> first = network::kFirstItemKey;
  for (std::size_t page = 0; page < kMaxPages && first; ++page) {
    HaveMessage message{roster_.have(*first)};
    first = message.page.next_first();
    link.send(turn, encode(message));
  }
}

void LocalNetwork::receive_have(Turn& turn, Link& link, const HaveMessage& message) {
  if (message.page.first == network::kFirstItemKey) {
    if (turn.now - link.last_heard_have < kHaveAtMost) return;
    link.last_heard_have = turn.now;
  }
  const network::Comparison comparison = roster_.compare(message.page);
  std::vector<Buffer> items;
  for (const network::ItemKey& key : comparison.send) {
    if (const Buffer* item = roster_.item(key)) items.push_back(*item);
  }
  send_items(turn, link, items);
  if (!comparison.want.empty()) link.send(turn, encode(WantMessage{comparison.want}));
}

void LocalNetwork::receive_want(Turn& turn, Link& link, const WantMessage& message) {
  std::vector<Buffer> items;
  if (!link.member) {
    // Who is not proven to be a member sees our own chain, which has every link that it can lack
    // to check us, and no more of the roster.
    items = roster_.chain_items(own_id_);
  } else {
    for (const network::ItemKey& key : message.keys) {
      if (const Buffer* item = roster_.item(key)) items.push_back(*item);
    }
  }
  send_items(turn, link, items);
}

void LocalNetwork::receive_items(Turn& turn, Link& link, const ItemsMessage& message) {
  const tunnel::SessionIndex source = link.index();
  network::RosterChange change;
  for (const Buffer& item : message.items) {
    change.merge(roster_.add_item(item, turn.wall).change);
  }
  apply(turn, change, source);
  for (const tunnel::SessionIndex index : mesh_.unverified()) verify(turn, index);
}

void LocalNetwork::publish_presence(Turn& turn) {
  presence_due_ = false;
  const network::Member* own = self();
  if (own == nullptr) return;
  std::vector<Endpoint> endpoints = turn.surroundings.own_endpoints();
  if (endpoints.size() > network::kMaxPresenceEndpoints) {
    endpoints.resize(network::kMaxPresenceEndpoints);
  }
  if (own->presence_sequence != 0 && own->endpoints == endpoints) return;
  next_presence_ = turn.now + kPresenceEvery;
  const std::int64_t sequence = std::max(turn.wall.seconds * 1000, own->presence_sequence + 1);
  const network::Presence presence = network::Presence::make({.identity = {},
                                                              .endpoints = std::move(endpoints),
                                                              .name = preferences_.member_name,
                                                              .sequence = sequence},
                                                             keys_.identity);
  apply(turn, roster_.add(presence, turn.wall).change, 0);
}

}  // namespace lanyard::node
