// SPDX-License-Identifier: Apache-2.0
// What one lookup for an item asks, believes and stores. To read: the newest version whose
// signature holds. To write: first asks the nodes closest to the target what they have, then puts
// the item at those that gave a token. Whom to ask is the business of Lookup.
#pragma once

#include <cstdint>
#include <optional>
#include <set>

#include "core/base/bytes.h"
#include "core/base/endpoint.h"
#include "core/dht/dht.h"
#include "core/dht/item.h"
#include "core/dht/krpc.h"

namespace lanyard::dht {

class ItemSearch {
 public:
  // Reads an immutable item.
  static ItemSearch for_target(const ItemTarget& target);
  // Reads a mutable one, of versions only such as are newer than a known one.
  static ItemSearch for_key(const crypto::ItemPublicKey& key,
                            Bytes salt,
                            std::optional<std::int64_t> known_sequence);
  // Writes. replaces: only where just that version is stored, or none (cas of BEP 44).
  static ItemSearch to_put(const Item& item, std::optional<std::int64_t> replaces);

  const ItemTarget& target() const { return target_; }
  // What is to be written, if anything.
  const std::optional<Item>& item_to_put() const { return to_put_; }
  // There is something to write, and nobody has shown us a newer version.
  bool wants_storing() const { return to_put_ && !is_superseded_; }
  // Nothing that others may answer can matter.
  bool is_over() const { return to_put_ ? !wants_storing() : is_immutable_ && is_found_; }
  Conflict conflict() const { return conflict_; }

  // Views this search.
  Query question() const;
  Query put(const Endpoint& to, Bytes token) const;

  // The item that an answer brings, if it is genuine and newer than all before.
  std::optional<Item> take_answer(const Endpoint& from, const ItemFields& fields);
  // A version that this node itself stores, hence genuine. Whether it is newer than all before.
  bool take_own(const Item& item);
  // A node took no put for this reason. True: another has the item's place there, so it needs none
  // elsewhere.
  bool take_refusal(std::int64_t code);

 private:
  ItemSearch() = default;

  // newer than all known
  bool is_news(const ItemFields& fields) const;
  void note_found(std::optional<std::int64_t> sequence);

  ItemTarget target_;
  bool is_immutable_ = true;
  bool is_found_ = false;
  crypto::ItemPublicKey key_;
  Buffer salt_;
  std::optional<std::int64_t> newest_;  // known, found or to be put
  std::optional<Item> to_put_;
  std::optional<std::int64_t> replaces_;
  bool is_superseded_ = false;
  Conflict conflict_ = Conflict::none;
  std::set<Endpoint> holders_;  // that have some version
};

}  // namespace lanyard::dht
