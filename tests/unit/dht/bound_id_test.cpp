// SPDX-License-Identifier: Apache-2.0
#include "core/dht/bound_id.h"

#include <array>
#include <string_view>

#include <doctest/doctest.h>

#include "tests/unit/dht/points.h"

using namespace lanyard;
using namespace lanyard::dht;

namespace {

struct Vector {
  std::string_view address;
  std::uint8_t chosen;
  std::array<std::uint8_t, 3> head;  // of the third byte five bits count
};

// Those that BEP 42 publishes.
constexpr std::array<Vector, 5> kVectors = {{
    {"124.31.75.21", 1, {0x5f, 0xbf, 0xbf}},
    {"21.75.31.124", 86, {0x5a, 0x3c, 0xe9}},
    {"65.23.51.170", 22, {0xa5, 0xd4, 0x32}},
    {"84.124.73.14", 65, {0x1b, 0x03, 0x21}},
    {"43.213.53.83", 90, {0xe5, 0x6f, 0x6c}},
}};

NodeId published(const Vector& vector) {
  NodeId out;
  std::copy(vector.head.begin(), vector.head.end(), out.bytes.begin());
  out.bytes[kIdBytes - 1] = vector.chosen;
  return out;
}

}  // namespace

TEST_CASE("bound id: the checksum is Castagnoli's") {
  CHECK(crc32c(as_bytes("123456789")) == 0xe3069283);
  CHECK(crc32c({}) == 0);
}

TEST_CASE("bound id: the five published ids fit, and no bit of what is bound may differ") {
  for (const Vector& vector : kVectors) {
    CAPTURE(vector.address);
    const IpAddress address = address_of(vector.address);
    const NodeId id = published(vector);
    CHECK(fits(id, address));
    for (std::size_t bit = 0; bit < kIdBits; ++bit) {
      NodeId other = id;
      other.bytes[bit / 8] = static_cast<std::uint8_t>(other.bytes[bit / 8] ^ 0x80 >> bit % 8);
      const bool is_free = bit >= 21 && bit < kIdBits - 3;
      CHECK(fits(other, address) == is_free);
    }
    CHECK_FALSE(fits(id, address_of("20.1.2.3")));
  }
}

TEST_CASE("bound id: made for an address, it fits it and hardly another") {
  SeededRng rng(1);
  const IpAddress six = address_of("2001:db8:85a3::8a2e:370:7334");
  for (int i = 0; i < 50; ++i) {
    CHECK(fits(random_id_for(address_of("20.1.2.3"), rng), address_of("20.1.2.3")));
    const NodeId id = random_id_for(six, rng);
    CHECK(fits(id, six));
    CHECK(fits(id, address_of("2001:db8:85a3::1")));  // the half that a home chooses is free
    CHECK_FALSE(fits(id, address_of("2001:db8:85a4::8a2e:370:7334")));
  }
  CHECK(random_id_for(six, rng) != random_id_for(six, rng));
}

TEST_CASE("bound id: in a local network any id fits") {
  for (const char* address : {"10.1.2.3", "172.16.0.1", "192.168.7.7", "169.254.3.4", "127.0.0.1",
                              "fe80::1", "fd00::1", "::1"}) {
    CAPTURE(address);
    CHECK(fits(id_of(0x1234), address_of(address)));
  }
  CHECK_FALSE(fits(id_of(0x1234), address_of("172.32.0.1")));
}
