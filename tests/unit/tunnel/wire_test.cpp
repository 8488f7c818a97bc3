// SPDX-License-Identifier: Apache-2.0
#include "core/tunnel/wire.h"

#include <doctest/doctest.h>

using namespace lanyard;
using namespace lanyard::tunnel;

namespace {

Buffer hex(std::string_view text) { return *from_hex(text); }

}  // namespace

TEST_CASE("wire: the first byte tells the kind") {
  CHECK(classify({}) == DatagramKind::unknown);
  CHECK(classify(as_bytes("d1:ad2:id")) == DatagramKind::unknown);
  CHECK(classify(as_bytes("d1:y1:qe")) == DatagramKind::krpc);
  CHECK(classify(as_bytes("d")) == DatagramKind::unknown);
  const std::vector<DatagramKind> ours = {DatagramKind::handshake_1, DatagramKind::handshake_2,
                                          DatagramKind::handshake_3, DatagramKind::cookie,
                                          DatagramKind::data,        DatagramKind::relayed,
                                          DatagramKind::path_probe,  DatagramKind::lan_beacon};
  for (unsigned byte = 0; byte < 256; ++byte) {
    const Buffer datagram = {static_cast<std::uint8_t>(byte)};
    const DatagramKind expected =
        byte >= 0xE0 && byte <= 0xE7 ? ours[byte - 0xE0] : DatagramKind::unknown;
    CHECK(classify(datagram) == expected);
  }
}

TEST_CASE("wire: data header") {
  Buffer datagram(kMinDataSize);
  write_data_header(datagram, {0x123456, 0xa1b2c3d4});
  CHECK(to_hex(Bytes(datagram).first(8)) == "e4123456a1b2c3d4");
  const auto header = parse_data_header(datagram);
  REQUIRE(header);
  CHECK(header->receiver == 0x123456);
  CHECK(header->counter_low == 0xa1b2c3d4);
  for (std::size_t size = 0; size < kMinDataSize; ++size) {
    CHECK_FALSE(parse_data_header(Bytes(datagram).first(size)));
  }
  datagram[0] = 0xE3;
  CHECK_FALSE(parse_data_header(datagram));
}

TEST_CASE("wire: body") {
  Buffer plain = hex("02aabb");
  auto body = parse_body(plain);
  REQUIRE(body);
  CHECK(body->kind == BodyKind::ipv4);
  CHECK(body->checksum == Checksum::complete);
  CHECK(to_hex(body->payload) == "aabb");

  Buffer with_options = hex("c101deadbeefaabb");
  body = parse_body(with_options);
  REQUIRE(body);
  CHECK(body->kind == BodyKind::ethernet);
  CHECK(body->checksum == Checksum::pending);
  CHECK(to_hex(body->payload) == "aabb");
  for (std::size_t size = 0; size < 6; ++size) {
    CHECK_FALSE(parse_body(MutableBytes(with_options).first(size)));
  }
  body = parse_body(MutableBytes(with_options).first(6));
  REQUIRE(body);
  CHECK(body->payload.empty());

  CHECK(body_first_byte(BodyKind::ipv6) == 0x03);
  CHECK(body_first_byte(BodyKind::ipv6, Checksum::pending) == 0x83);
}

TEST_CASE("wire: handshake datagrams") {
  const Buffer noise(kMessage1Size - kHandshakeHeaderSize, 0x5a);
  Buffer first = handshake_datagram(DatagramKind::handshake_1, 0xabcdef, noise);
  CHECK(to_hex(Bytes(first).first(4)) == "e0abcdef");
  const auto view = parse_handshake(first);
  REQUIRE(view);
  CHECK(view->kind == DatagramKind::handshake_1);
  CHECK(view->index == 0xabcdef);
  CHECK(view->mac1.data() == first.data() + 4);
  CHECK(view->mac2.data() == first.data() + 20);
  CHECK(equal(view->noise, noise));
  for (std::size_t size = 0; size < kMessage1Size; ++size) {
    CHECK_FALSE(parse_handshake(Bytes(first).first(size)));
  }
  first.resize(kMaxHandshakeSize);
  CHECK(parse_handshake(first));
  first.resize(kMaxHandshakeSize + 1);
  CHECK_FALSE(parse_handshake(first));

  const Buffer second = handshake_datagram(DatagramKind::handshake_2, 1, hex("00"));
  CHECK(second[0] == 0xE1);
  CHECK(parse_handshake(second));
  CHECK_FALSE(parse_handshake(Bytes(second).first(second.size() - 1)));
  CHECK(handshake_datagram(DatagramKind::handshake_3, 1, hex("00"))[0] == 0xE2);
}

TEST_CASE("wire: cookie datagrams have one size") {
  const Buffer box(kCookieDatagramSize - kCookieHeaderSize, 7);
  Buffer datagram = cookie_datagram(0x010203, box);
  CHECK(to_hex(Bytes(datagram).first(5)) == "e301020307");
  const auto view = parse_cookie(datagram);
  REQUIRE(view);
  CHECK(view->receiver == 0x010203);
  CHECK(equal(view->box, box));
  for (std::size_t size = 0; size < datagram.size(); ++size) {
    CHECK_FALSE(parse_cookie(Bytes(datagram).first(size)));
  }
  datagram.push_back(0);
  CHECK_FALSE(parse_cookie(datagram));
}
