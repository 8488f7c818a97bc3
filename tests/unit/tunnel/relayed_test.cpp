// SPDX-License-Identifier: Apache-2.0
#include "core/tunnel/relayed.h"

#include <doctest/doctest.h>

#include "core/tunnel/source_limiter.h"

using namespace lanyard;
using namespace lanyard::tunnel;

TEST_CASE("relayed: four bytes before a whole datagram") {
  const Buffer inner = *from_hex("e4000001");
  Buffer datagram = relayed_datagram(0x123456, inner);
  CHECK(to_hex(datagram) == "e5123456e4000001");
  const auto view = parse_relayed(datagram);
  REQUIRE(view);
  CHECK(view->circuit == 0x123456);
  CHECK(to_hex(view->inner) == "e4000001");
  write_relayed_header(datagram, kMaxCircuitNumber);
  CHECK(to_hex(datagram) == "e5ffffffe4000001");
}

TEST_CASE("relayed: what is too short, of another kind or of no circuit is none") {
  const Buffer datagram = relayed_datagram(5, Buffer(1));
  for (std::size_t size = 0; size < datagram.size(); ++size) {
    CHECK_FALSE(parse_relayed(Bytes(datagram).first(size)));
  }
  CHECK_FALSE(parse_relayed(relayed_datagram(0, Buffer(1))));
  for (unsigned bit = 0; bit < 8; ++bit) {
    Buffer flipped = datagram;
    flipped[0] ^= static_cast<std::uint8_t>(1u << bit);
    CHECK_FALSE(parse_relayed(flipped));
  }
}

TEST_CASE("relayed: a circuit has an endpoint that handshakes take and nobody else has") {
  const Endpoint one = relayed_endpoint(1);
  CHECK(one.is_usable());
  CHECK(is_relayed(one));
  CHECK(one.to_string() == "[100::1]:1");
  CHECK(relayed_endpoint(0xffffffff) != one);
  CHECK(is_relayed(relayed_endpoint(0xffffffff)));
  for (const char* other : {"1.0.0.0:1", "[100:0:0:1::1]:1", "[::1]:1", "[2001:db8::1]:1"}) {
    CHECK_FALSE(is_relayed(*Endpoint::parse(other)));
    CHECK(observed_at(*Endpoint::parse(other)) == Endpoint::parse(other));
  }
  CHECK_FALSE(observed_at(one));
  // One peer behind a circuit does not use up another one's share.
  CHECK(source_of(one) != source_of(relayed_endpoint(2)));
}
