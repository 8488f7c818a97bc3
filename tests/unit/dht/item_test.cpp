// SPDX-License-Identifier: Apache-2.0
// Items of BEP 44: its published examples, what is signed, what is refused before any signature.
#include "core/dht/item.h"

#include <limits>

#include <doctest/doctest.h>

#include "core/dht/item_fields.h"
#include "core/dht/item_search.h"
#include "tests/unit/dht/items.h"
#include "tests/unit/dht/points.h"

using namespace lanyard;
using namespace lanyard::dht;

namespace {

const Bytes kHello = as_bytes("12:Hello World!");

// The mutable examples of BEP 44. Its private key is in expanded form, so they are only verified.
MutableItem example(std::string_view salt, std::string_view signature) {
  return {.key = {*to_array<32>(
              *from_hex("77ff84905a91936367c01360803104f92432fcd904a43511876df5cdf3e7e548"))},
          .salt = to_buffer(as_bytes(salt)),
          .sequence = 1,
          .value = to_buffer(kHello),
          .signature = *to_array<64>(*from_hex(signature))};
}

const MutableItem kPlain =
    example("",
            "305ac8aeb6c9c151fa120f120ea2cfb923564e11552d06a5d856091e5e853cff"
            "1260d3f39e4999684aa92eb73ffd136e6f4f3ecbfda0ce53a1608ecd7ae21f01");
const MutableItem kSalted =
    example("foobar",
            "6834284b6b24c3204eb2fea824d82f88883a3d95e8b4a21b8c0ded553d17d17d"
            "df9a8a7104b1258f30bed3787e6cb896fca78c58f8e03b5f18f14951a87d9a08");

ErrorCode fault_of(const ItemFields& fields) {
  const auto judged = item_of_put(fields);
  const auto* code = std::get_if<ErrorCode>(&judged);
  return code == nullptr ? ErrorCode{} : *code;
}

}  // namespace

TEST_CASE("item: the published examples of BEP 44") {
  CHECK(as_text(signed_part({}, 1, kHello)) == "3:seqi1e1:v12:Hello World!");
  CHECK(as_text(signed_part(as_bytes("foobar"), 1, kHello)) ==
        "4:salt6:foobar3:seqi1e1:v12:Hello World!");
  CHECK(to_hex(kPlain.target().bytes) == "4a533d47ec9c7d95b1ad75f576cffc641853b750");
  CHECK(to_hex(kSalted.target().bytes) == "411eba73b6f087ca51a3795d9c8c938d365e32c1");
  CHECK(is_genuine(kPlain));
  CHECK(is_genuine(kSalted));
  CHECK(to_hex(ImmutableItem{to_buffer(kHello)}.target().bytes) ==
        "e5f96f6f38320f0f33959cb4d3d656452117aadb");
}

TEST_CASE("item: any other bit of a mutable one is not genuine") {
  MutableItem item = kSalted;
  const auto check_all_bits = [&item](MutableBytes part) {
    for (std::uint8_t& byte : part) {
      for (int bit = 0; bit < 8; ++bit) {
        byte = static_cast<std::uint8_t>(byte ^ 1 << bit);
        CHECK_FALSE(is_genuine(item));
        byte = static_cast<std::uint8_t>(byte ^ 1 << bit);
      }
    }
  };
  check_all_bits(item.key.bytes);
  check_all_bits(item.salt);
  check_all_bits(item.value);
  check_all_bits(item.signature);
  item.sequence = 2;
  CHECK_FALSE(is_genuine(item));
  item.sequence = 1;
  CHECK(is_genuine(item));
  // Nothing of the salt can pass for the rest.
  item.salt.clear();
  CHECK_FALSE(is_genuine(item));
}

TEST_CASE("item: what is signed is what others verify, up to the limits") {
  const crypto::ItemKey key = item_key(1);
  const Buffer salt(kMaxSaltBytes, 's');
  const auto item = sign_item(key, salt, std::numeric_limits<std::int64_t>::max(), text_value(996));
  REQUIRE(item);
  CHECK(item->value.size() == kMaxValueBytes);
  CHECK(is_genuine(*item));
  CHECK(item->key == key.public_key());
  CHECK_FALSE(sign_item(key, salt, 1, text_value(997)));
  CHECK_FALSE(sign_item(key, Buffer(kMaxSaltBytes + 1), 1, text_value(1)));
  CHECK_FALSE(sign_item(key, salt, -1, text_value(1)));
  // No bencoded value, none at all, two of them, one too deep for a message around it.
  for (const std::string_view value : {"hello", "", "1:a1:b", "4:abc", "llllllllleeeeeeeee"}) {
    CAPTURE(value);
    CHECK_FALSE(sign_item(key, salt, 1, as_bytes(value)));
  }
  CHECK(sign_item(key, salt, 1, as_bytes("lllllllleeeeeeee")));
}

TEST_CASE("item: whatever is_storable() passes a message can carry") {
  Buffer wide = to_buffer(as_bytes("l"));
  for (int i = 0; i < 459; ++i) append(wide, "0:");
  append(wide, "e");
  for (const Buffer& value : {wide, to_buffer(as_bytes("lllllllleeeeeeee")), text_value(996)}) {
    REQUIRE(is_storable(value));
    const Item item = *sign_item(item_key(1), Buffer(64, 's'), 1, value);
    const auto search = ItemSearch::to_put(item, 7);
    const Buffer token(20);
    Query query = search.put(node_endpoint(1), token);
    query.transaction = as_bytes("tttt");
    const Buffer wire = encode(query);
    const auto message = parse_message(wire);
    REQUIRE(message);
    const auto judged = item_of_put(std::get_if<Query>(&*message)->item);
    REQUIRE(std::get_if<Item>(&judged) != nullptr);
    CHECK(*std::get_if<Item>(&judged) == item);
  }
}

TEST_CASE("item: faults of a put, each with its code") {
  const Item item = version(1, 5, "value", "salt");
  const ItemFields good = fields_of(item);
  CHECK(fault_of(good) == ErrorCode{});
  ItemFields fields = good;
  const Buffer big = text_value(997);
  fields.value = big;
  CHECK(fault_of(fields) == ErrorCode::value_too_big);
  fields.key = fields.signature = {};
  CHECK(fault_of(fields) == ErrorCode::value_too_big);
  fields = good;
  const Buffer long_salt(65);
  fields.salt = long_salt;
  CHECK(fault_of(fields) == ErrorCode::salt_too_big);
  fields = good;
  fields.value = {};
  CHECK(fault_of(fields) == ErrorCode::protocol);
  fields = good;
  fields.signature = {};
  CHECK(fault_of(fields) == ErrorCode::protocol);
  fields = good;
  fields.sequence.reset();
  CHECK(fault_of(fields) == ErrorCode::protocol);
  fields.sequence = -1;
  CHECK(fault_of(fields) == ErrorCode::protocol);
}

TEST_CASE("item search: only what is genuine, of that target and newer is believed") {
  const MutableItem first = version(1, 5, "first", "salt");
  const MutableItem second = version(1, 6, "second", "salt");
  const Endpoint node = node_endpoint(1);
  auto search = ItemSearch::for_key(first.key, first.salt, std::nullopt);
  CHECK(search.target() == first.target());

  MutableItem forged = second;
  forged.value = text_value(3);
  CHECK_FALSE(search.take_answer(node, fields_of(forged)));
  forged = second;
  forged.sequence = 7;
  CHECK_FALSE(search.take_answer(node, fields_of(forged)));
  CHECK_FALSE(search.take_answer(node, fields_of(version(2, 6, "of another key", "salt"))));
  CHECK_FALSE(search.take_answer(node, fields_of(version(1, 6, "of another salt", "pepper"))));
  CHECK_FALSE(search.take_answer(node, fields_of(ImmutableItem{text_value(4)})));
  CHECK_FALSE(search.take_answer(node, {}));

  CHECK(search.take_answer(node, fields_of(first)) == Item(first));
  CHECK_FALSE(search.take_answer(node, fields_of(first)));
  CHECK(search.take_answer(node, fields_of(second)) == Item(second));
  CHECK_FALSE(search.take_answer(node, fields_of(first)));
  CHECK_FALSE(search.is_over());

  auto newer_only = ItemSearch::for_key(first.key, first.salt, 5);
  CHECK(newer_only.question().item.sequence == 5);
  CHECK_FALSE(newer_only.take_answer(node, fields_of(first)));
  CHECK(newer_only.take_answer(node, fields_of(second)));

  const ImmutableItem fixed{text_value(4)};
  auto by_hash = ItemSearch::for_target(fixed.target());
  CHECK_FALSE(by_hash.take_answer(node, fields_of(ImmutableItem{text_value(5)})));
  CHECK_FALSE(by_hash.take_answer(node, fields_of(first)));
  CHECK(by_hash.take_answer(node, fields_of(fixed)) == Item(fixed));
  CHECK(by_hash.is_over());
}

TEST_CASE("item search: cas goes only to who has some version; a newer one ends the put") {
  const MutableItem ours = version(1, 5, "ours");
  const MutableItem older = version(1, 4, "older");
  auto search = ItemSearch::to_put(ours, 4);
  ItemFields sequence_alone;
  sequence_alone.sequence = 4;
  CHECK_FALSE(search.take_answer(node_endpoint(1), sequence_alone));
  CHECK_FALSE(search.take_answer(node_endpoint(2), fields_of(older)));
  CHECK_FALSE(search.take_answer(node_endpoint(3), {}));
  CHECK(search.put(node_endpoint(1), {}).item.replaces_sequence == 4);
  CHECK(search.put(node_endpoint(2), {}).item.replaces_sequence == 4);
  CHECK_FALSE(search.put(node_endpoint(3), {}).item.replaces_sequence);

  CHECK_FALSE(search.take_refusal(203));
  CHECK(search.conflict() == Conflict::none);
  CHECK(search.take_refusal(301));
  CHECK(search.conflict() == Conflict::other_version);
  CHECK(search.take_refusal(302));
  CHECK(search.conflict() == Conflict::newer);
  CHECK(search.wants_storing());  // one node's word

  CHECK(search.take_answer(node_endpoint(4), fields_of(version(1, 6, "newer"))));
  CHECK_FALSE(search.wants_storing());
  CHECK(search.is_over());
}
