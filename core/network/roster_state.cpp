// SPDX-License-Identifier: Apache-2.0
// The state file of a roster: a bencoded dict of items as they are gossiped, inside another one
// with a checksum.
//
//   outer  d 1:b <inner, as a string> 1:h <first 16 bytes of BLAKE2b-256 of the inner> e
//   inner  c  charter (absent when none is known)    g  grants    i  network id
//          m  memberships, witnesses before those that they witnessed, each followed by the unix
//             time at which it was first seen here    p  presences    r  revocations
#include <algorithm>
#include <tuple>

#include "core/network/roster.h"

namespace lanyard::network {

namespace {

// Every member with a presence, every grant and revocation; and room for the tokens of the file
// itself.
constexpr std::size_t kMaxTokens = 3 * kMaxMembers + kMaxGrants + kMaxRevocations + 32;

Bytes checksum_of(const crypto::Hash256& hash) { return Bytes(hash).first(16); }

Error corrupt(std::string_view what) {
  return make_error(Errc::corrupt, "the roster file is damaged: " + std::string(what));
}

void add_list(bencode::Writer& out, std::string_view key, const std::vector<Buffer>& items) {
  out.key(key).begin_list();
  for (const Buffer& item : items) out.string(item);
  out.end();
}

std::vector<const Ledger::HeldMembership*> in_dependency_order(const Ledger& ledger) {
  std::vector<const Ledger::HeldMembership*> out;
  for (const auto& entry : ledger.memberships()) out.push_back(&entry.second);
  // Stable: of equal depth in the order of their ids.
  std::stable_sort(out.begin(), out.end(),
                   [](const auto* a, const auto* b) { return a->depth < b->depth; });
  return out;
}

// An item that an older Lanyard took and this one does not is left behind; gossip replaces it.
bool add_all(Ledger& ledger, const bencode::Value& inner, std::string_view key) {
  const bencode::Value* const list = inner.list(key);
  if (list == nullptr) return false;
  for (const bencode::Value& value : list->items()) {
    const auto bytes = value.string();
    if (!bytes) return false;
    // The beginning of time: what has expired since is closed later, by expire().
    if (auto item = parse_item(*bytes)) ledger.add(*std::move(item), UnixTime{0});
  }
  return true;
}

bool add_memberships(Ledger& ledger, const bencode::Value& inner) {
  const bencode::Value* const list = inner.list("m");
  if (list == nullptr || list->items().size() % 2 != 0) return false;
  for (std::size_t i = 0; i < list->items().size(); i += 2) {
    const auto bytes = list->items()[i].string();
    const auto first_seen = list->items()[i + 1].integer();
    if (!bytes || !first_seen || *first_seen < 0) return false;
    if (auto item = parse_item(*bytes)) ledger.add(*std::move(item), UnixTime{*first_seen});
  }
  return true;
}

}  // namespace

Buffer Roster::encode() const {
  std::vector<Buffer> grants;
  for (const auto& entry : ledger_.grants()) grants.push_back(encode_item(entry.second));
  std::vector<Buffer> presences;
  for (const auto& entry : ledger_.memberships()) {
    const Presence* const presence = ledger_.presence(entry.first);
    if (presence != nullptr) presences.push_back(encode_item(*presence));
  }
  std::vector<Buffer> revocations;
  for (const auto& entry : ledger_.revocations()) revocations.push_back(encode_item(entry.second));

  bencode::Writer inner;
  inner.begin_dict();
  if (charter() != nullptr) inner.string("c", encode_item(*charter()));
  add_list(inner, "g", grants);
  inner.string("i", network().bytes).key("m").begin_list();
  for (const Ledger::HeldMembership* const held : in_dependency_order(ledger_)) {
    inner.string(encode_item(held->membership)).integer(held->first_seen.seconds);
  }
  inner.end();
  add_list(inner, "p", presences);
  add_list(inner, "r", revocations);
  const Buffer content = inner.end().take();
  bencode::Writer outer;
  outer.begin_dict().string("b", content);
  outer.string("h", checksum_of(crypto::blake2b_256({content}))).end();
  return outer.take();
}

Result<Roster> Roster::decode(Bytes state) {
  const auto outer = bencode::parse(state);
  if (!outer) return corrupt("it is cut short or not a roster");
  const auto content = outer->string("b");
  const auto checksum = outer->string("h");
  if (!content || !checksum || outer->entries().size() != 2) return corrupt("it is not a roster");
  if (!equal(checksum_of(crypto::blake2b_256({*content})), *checksum)) {
    return corrupt("its checksum does not match");
  }
  const auto inner = bencode::parse(*content, {.depth = 3, .tokens = kMaxTokens});
  const auto network = inner ? inner->array<NetworkId::kSize>("i") : std::nullopt;
  if (!network) return corrupt("it names no network");

  Roster roster(NetworkId{*network});
  if (const auto charter = inner->string("c")) {
    const auto outcome = roster.add_item(*charter, UnixTime{0});
    if (outcome.result != AddResult::added) return corrupt("its charter is not valid");
  }
  if (!add_all(roster.ledger_, *inner, "r") || !add_memberships(roster.ledger_, *inner) ||
      !add_all(roster.ledger_, *inner, "p") || !add_all(roster.ledger_, *inner, "g")) {
    return corrupt("a list of records is missing or malformed");
  }
  RosterChange all_new;
  roster.refresh_members(all_new);
  return roster;
}

}  // namespace lanyard::network
