// SPDX-License-Identifier: Apache-2.0
// PCP's bytes as RFC 6887 draws them, and every way to spoil an answer.
#include "core/nat/pcp.h"

#include <doctest/doctest.h>

using namespace lanyard;
using namespace lanyard::nat;

namespace {

IpAddress address(const char* text) { return *IpAddress::parse(text); }

Buffer map_answer() {
  return *from_hex(
      "0281000000000e1000000064000000000000000000000000"  // success, 3600 s, epoch 100
      "000102030405060708090a0b"
      "11000000"
      "a028a029"                            // nonce, UDP, 41000 -> 41001
      "00000000000000000000ffff1401010b");  // 20.1.1.11
}

}  // namespace

TEST_CASE("pcp: a MAP request is laid out as in RFC 6887 section 11.1") {
  const Buffer request = pcp::encode_map({address("10.9.9.2"),
                                          {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11},
                                          41000,
                                          {address("0.0.0.0"), 41001},
                                          7200});
  CHECK(to_hex(request) ==
        "0201000000001c20"
        "00000000000000000000ffff0a090902"
        "000102030405060708090a0b"
        "11000000"
        "a028a029"
        "00000000000000000000ffff00000000");
}

TEST_CASE("pcp: a pinhole's addresses are IPv6") {
  const Buffer request =
      pcp::encode_map({address("2001:db8::2"), {}, 41000, {address("::"), 0}, 0});
  CHECK(to_hex(request).substr(16, 32) == "20010db8000000000000000000000002");
  CHECK(to_hex(request).substr(88) == "00000000000000000000000000000000");
}

TEST_CASE("pcp: a MAP answer is read") {
  const auto response = pcp::parse_response(map_answer());
  REQUIRE(response);
  CHECK(response->opcode == pcp::Opcode::map);
  CHECK(response->result == pcp::ResultCode::success);
  CHECK(response->lifetime_seconds == 3600);
  CHECK(response->epoch_seconds == 100);
  REQUIRE(response->map);
  CHECK(response->map->nonce[11] == 11);
  CHECK(response->map->internal_port == 41000);
  CHECK(response->map->external.to_string() == "20.1.1.11:41001");
}

TEST_CASE("pcp: no prefix of a MAP answer is taken") {
  const Buffer whole = map_answer();
  for (std::size_t size = 0; size < whole.size(); ++size) {
    CHECK_FALSE(pcp::parse_response(Bytes(whole).first(size)));
  }
}

TEST_CASE("pcp: lengths beyond RFC 6887 section 8.3 are refused, options are passed over") {
  Buffer longer = map_answer();
  longer.resize(64);
  CHECK(pcp::parse_response(longer));
  longer.resize(65);
  CHECK_FALSE(pcp::parse_response(longer));
  longer.resize(1100);
  CHECK(pcp::parse_response(longer));
  longer.resize(1104);
  CHECK_FALSE(pcp::parse_response(longer));
}

TEST_CASE("pcp: a flipped bit in version, direction, opcode or protocol refuses the answer") {
  for (std::size_t bit = 0; bit < 60 * 8; ++bit) {
    Buffer spoiled = map_answer();
    spoiled[bit / 8] ^= static_cast<std::uint8_t>(1 << bit % 8);
    const auto response = pcp::parse_response(spoiled);
    const std::size_t byte = bit / 8;
    const bool is_announce = byte == 1 && bit % 8 == 0;  // opcode 1 becomes 0
    const bool decides = byte == 0 || byte == 1 || byte == 36;
    CHECK(response.has_value() == (!decides || is_announce));
  }
}

TEST_CASE("pcp: both forms of a refused version are known, and no success is one") {
  CHECK(pcp::refuses_version(*from_hex("0081000100000064")));  // RFC 6886 section 3.5
  CHECK(pcp::refuses_version(*from_hex("018100010000000000000064000000000000000000000000")));
  CHECK_FALSE(pcp::refuses_version(map_answer()));
  CHECK_FALSE(pcp::refuses_version(*from_hex("0001000100000064")));  // a request
  CHECK_FALSE(pcp::refuses_version(*from_hex("00810001000000")));
  CHECK_FALSE(pcp::refuses_version({}));
}

TEST_CASE("pcp: an announcement has a header alone") {
  CHECK(pcp::encode_announce(address("10.9.9.2")).size() == 24);
  const auto response =
      pcp::parse_response(*from_hex("028000000000000000000005000000000000000000000000"));
  REQUIRE(response);
  CHECK(response->opcode == pcp::Opcode::announce);
  CHECK(response->epoch_seconds == 5);
  CHECK_FALSE(response->map);
}
