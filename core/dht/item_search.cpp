// SPDX-License-Identifier: Apache-2.0
#include "core/dht/item_search.h"

#include "core/dht/item_fields.h"

namespace lanyard::dht {

ItemSearch ItemSearch::for_target(const ItemTarget& target) {
  ItemSearch out;
  out.target_ = target;
  return out;
}

ItemSearch ItemSearch::for_key(const crypto::ItemPublicKey& key,
                               Bytes salt,
                               std::optional<std::int64_t> known_sequence) {
  ItemSearch out;
  out.target_ = ItemTarget::of_key(key, salt);
  out.is_immutable_ = false;
  out.key_ = key;
  out.salt_ = to_buffer(salt);
  out.newest_ = known_sequence;
  return out;
}

ItemSearch ItemSearch::to_put(const Item& item, std::optional<std::int64_t> replaces) {
  const auto* version = std::get_if<MutableItem>(&item);
  ItemSearch out = version == nullptr ? for_target(target_of(item))
                                      : for_key(version->key, version->salt, version->sequence);
  out.to_put_ = item;
  out.replaces_ = replaces;
  return out;
}

Query ItemSearch::question() const {
  Query query;
  query.method = Method::get;
  query.target = target_.position();
  query.item.sequence = newest_;
  return query;
}

Query ItemSearch::put(const Endpoint& to, Bytes token) const {
  Query query;
  query.method = Method::put;
  query.token = token;
  query.item = fields_of(*to_put_);
  // BEP 44: not to a node that returned nothing.
  if (holders_.contains(to)) query.item.replaces_sequence = replaces_;
  return query;
}

std::optional<Item> ItemSearch::take_answer(const Endpoint& from, const ItemFields& fields) {
  if (fields.sequence || !fields.value.empty()) holders_.insert(from);
  if (fields.value.empty() || !is_news(fields)) return std::nullopt;
  // An answer holds no salt, and no key where it is plain.
  ItemFields whole = fields;
  whole.salt = salt_;
  if (!is_immutable_) whole.key = key_.bytes;
  const auto judged = item_of_put(whole);
  const Item* item = std::get_if<Item>(&judged);
  if (item == nullptr || target_of(*item) != target_) return std::nullopt;
  const auto* version = std::get_if<MutableItem>(item);
  if (version != nullptr && !is_genuine(*version)) return std::nullopt;
  note_found(sequence_of(*item));
  return *item;
}

bool ItemSearch::take_own(const Item& item) {
  if (!is_news(fields_of(item))) return false;
  note_found(sequence_of(item));
  return true;
}

bool ItemSearch::take_refusal(std::int64_t code) {
  // That there is a newer version is one node's word: it does not keep the others from ours.
  if (code == static_cast<std::int64_t>(ErrorCode::old_sequence)) {
    conflict_ = Conflict::newer;
  } else if (code == static_cast<std::int64_t>(ErrorCode::cas_mismatch)) {
    conflict_ = Conflict::other_version;
  } else {
    return false;
  }
  return true;
}

bool ItemSearch::is_news(const ItemFields& fields) const {
  if (is_immutable_) return fields.key.empty() && !is_found_ && !to_put_;
  return fields.sequence && (!newest_ || *fields.sequence > *newest_);
}

void ItemSearch::note_found(std::optional<std::int64_t> sequence) {
  is_found_ = true;
  newest_ = sequence;
  if (!to_put_) return;
  is_superseded_ = true;
  conflict_ = Conflict::newer;
}

}  // namespace lanyard::dht
