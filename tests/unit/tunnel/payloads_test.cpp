// SPDX-License-Identifier: Apache-2.0
#include "core/tunnel/payloads.h"

#include <doctest/doctest.h>

using namespace lanyard;
using namespace lanyard::tunnel;

namespace {

const Hello kHello = {3, 0x123456, Side::joiner, 1};
const Endpoint kSeen = *Endpoint::parse("192.0.2.1:4001");

}  // namespace

TEST_CASE("payload 1: padded to the byte, read back") {
  for (std::size_t size = 160; size <= 1020; ++size) {
    const Buffer encoded = encode_payload_1(kHello, size);
    REQUIRE(encoded.size() == size);
  }
  const Buffer encoded = encode_payload_1(kHello, 1016);
  const auto hello = parse_payload_1(encoded);
  REQUIRE(hello);
  CHECK(hello->aead_mask == 3);
  CHECK(hello->index == 0x123456);
  CHECK(hello->side == Side::joiner);
  CHECK(hello->version == 1);
  for (std::size_t size = 0; size < encoded.size(); ++size) {
    CHECK_FALSE(parse_payload_1(Bytes(encoded).first(size)));
  }
}

TEST_CASE("payload 1: senseless values") {
  const auto plain = parse_payload_1(as_bytes("d1:ai1e1:ii1e1:ri0e1:vi1ee"));
  REQUIRE(plain);
  CHECK(plain->features == 0);
  const auto able = parse_payload_1(as_bytes("d1:ai1e1:fi5e1:ii1e1:ri0e1:vi1ee"));
  REQUIRE(able);
  CHECK(able->features == (kTakesPendingChecksums | 4));
  CHECK_FALSE(parse_payload_1(as_bytes("d1:ai1e1:fi-1e1:ii1e1:ri0e1:vi1ee")));
  CHECK(parse_payload_1(as_bytes("d1:ai1e1:ii1e1:ri0e1:vi1e1:zle1:~dee")));  // unknown keys
  for (const std::string_view text :
       {"d1:ai-1e1:ii1e1:ri0e1:vi1ee", "d1:ai1e1:ii0e1:ri0e1:vi1ee",
        "d1:ai1e1:ii16777216e1:ri0e1:vi1ee", "d1:ai1e1:ii-1e1:ri0e1:vi1ee",
        "d1:ai1e1:ii1e1:ri2e1:vi1ee", "d1:ai1e1:ii1e1:ri0e1:v1:1e", "d1:ai1e1:ii1e1:ri0ee",
        "d1:ii1e1:ri0e1:vi1ee", "d1:ai99999999999999999999e1:ii1e1:ri0e1:vi1ee",
        "d1:vi1e1:ri0e1:ii1e1:ai1ee", "llllllllleeeeeeeee", "i1e", "le", "de", ""}) {
    CAPTURE(text);
    CHECK_FALSE(parse_payload_1(as_bytes(text)));
    CHECK_FALSE(parse_payload_2(as_bytes(text)));
  }
}

TEST_CASE("payload 2 and 3") {
  const Payload2 second = {kHello, {Buffer(20, 'm'), kSeen}};
  const Buffer encoded = encode_payload_2(second);
  CHECK(as_text(encoded).starts_with("d1:ai3e1:ii1193046e1:m20:mmmm"));
  const auto parsed = parse_payload_2(encoded);
  REQUIRE(parsed);
  CHECK(parsed->hello.index == kHello.index);
  CHECK(parsed->introduction.membership == Buffer(20, 'm'));
  CHECK(parsed->introduction.observed == kSeen);
  for (std::size_t size = 0; size < encoded.size(); ++size) {
    CHECK_FALSE(parse_payload_2(Bytes(encoded).first(size)));
  }
  // Any flipped bit gives an error or other values; none is followed out of bounds.
  for (std::size_t bit = 0; bit < encoded.size() * 8; ++bit) {
    Buffer flipped = encoded;
    flipped[bit / 8] ^= static_cast<std::uint8_t>(1U << bit % 8);
    (void)parse_payload_2(flipped);
    (void)parse_payload_3(flipped);
  }

  const Buffer third = encode_payload_3({Buffer(20, 'm'), kSeen});
  const auto introduction = parse_payload_3(third);
  REQUIRE(introduction);
  CHECK(introduction->membership == Buffer(20, 'm'));
  CHECK(introduction->observed == kSeen);
  for (std::size_t size = 0; size < third.size(); ++size) {
    CHECK_FALSE(parse_payload_3(Bytes(third).first(size)));
  }
  CHECK(as_text(encode_payload_3({})) == "de");
  CHECK(parse_payload_3(as_bytes("de")));
  CHECK_FALSE(parse_payload_3(as_bytes("le")));
  CHECK_FALSE(parse_payload_3(encode_payload_3({Buffer(kMaxMembershipSize + 1), {}})));
  const auto odd_address = parse_payload_3(as_bytes("d1:o5:abcdee"));
  REQUIRE(odd_address);
  CHECK_FALSE(odd_address->observed);
}
