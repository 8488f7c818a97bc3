// SPDX-License-Identifier: Apache-2.0
// NAT-PMP's bytes as RFC 6886 draws them, and every way to spoil an answer.
#include "core/nat/nat_pmp.h"

#include <doctest/doctest.h>

using namespace lanyard;
using namespace lanyard::nat;

namespace {

Buffer address_answer() { return *from_hex("00800000000000641401010b"); }
Buffer map_answer() { return *from_hex("0081000000000064a028a02900001c20"); }

}  // namespace

TEST_CASE("nat-pmp: requests are laid out as in RFC 6886 section 3") {
  CHECK(to_hex(nat_pmp::encode_address_request()) == "0000");
  CHECK(to_hex(nat_pmp::encode_map({41000, 41001, 7200})) == "00010000a028a02900001c20");
  CHECK(to_hex(nat_pmp::encode_map({41000, 0, 0})) == "00010000a028000000000000");
}

TEST_CASE("nat-pmp: answers are read") {
  const auto outside = nat_pmp::parse_response(address_answer());
  REQUIRE(outside);
  CHECK(outside->address->to_string() == "20.1.1.11");
  CHECK(outside->epoch_seconds == 100);
  CHECK_FALSE(outside->mapped);
  const auto mapped = nat_pmp::parse_response(map_answer());
  REQUIRE(mapped);
  REQUIRE(mapped->mapped);
  CHECK(mapped->mapped->internal_port == 41000);
  CHECK(mapped->mapped->external_port == 41001);
  CHECK(mapped->mapped->lifetime_seconds == 7200);
  CHECK_FALSE(mapped->address);
}

TEST_CASE("nat-pmp: no prefix of a success is taken") {
  for (const Buffer& whole : {address_answer(), map_answer()}) {
    for (std::size_t size = 0; size < whole.size(); ++size) {
      CHECK_FALSE(nat_pmp::parse_response(Bytes(whole).first(size)));
    }
  }
}

TEST_CASE("nat-pmp: an error needs no more than its header") {
  const auto response = nat_pmp::parse_response(*from_hex("0081000200000064"));
  REQUIRE(response);
  CHECK(response->result == nat_pmp::ResultCode::not_authorized);
  CHECK_FALSE(response->mapped);
}

TEST_CASE("nat-pmp: a flipped bit in version or opcode refuses the answer") {
  for (std::size_t bit = 0; bit < 16 * 8; ++bit) {
    Buffer spoiled = map_answer();
    spoiled[bit / 8] ^= static_cast<std::uint8_t>(1 << bit % 8);
    const auto response = nat_pmp::parse_response(spoiled);
    const bool is_address = bit == 8;  // opcode 129 becomes 128
    CHECK(response.has_value() == (bit >= 16 || is_address));
    if (response && !is_address) {
      CHECK((response->result == nat_pmp::ResultCode::success) == (bit >= 32));
    }
  }
}
