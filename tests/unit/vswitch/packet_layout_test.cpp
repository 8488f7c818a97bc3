// SPDX-License-Identifier: Apache-2.0
#include "core/vswitch/offload/packet_layout.h"

#include <doctest/doctest.h>

#include "tests/unit/vswitch/damage.h"
#include "tests/unit/vswitch/packets.h"
#include "tests/unit/vswitch/segmentation_oracle.h"

namespace lanyard::vswitch::test {

TEST_CASE("headers are found behind tags and options") {
  Recipe recipe;
  recipe.tags = {0x88a80007, 0x81000005, 0x81000000};
  recipe.ip_options = {1, 1, 1, 0};
  recipe.tcp_options = timestamps();
  recipe.payload = numbered(10);
  const auto layout = parse_layout(pending_frame(recipe));
  REQUIRE(layout);
  CHECK(layout->family == IpFamily::v4);
  CHECK(layout->transport == Transport::tcp);
  CHECK(layout->network_offset == 26);
  CHECK(layout->transport_offset == 26 + 24);
  CHECK(layout->checksum_offset() == 26 + 24 + 16);
  CHECK(layout->payload_offset == 26 + 24 + 32);
  CHECK(layout->payload_size() == 10);

  recipe.family = IpFamily::v6;
  recipe.transport = Transport::udp;
  recipe.tags = {};
  const auto datagram = parse_layout(pending_frame(recipe));
  REQUIRE(datagram);
  CHECK(datagram->family == IpFamily::v6);
  CHECK(datagram->transport == Transport::udp);
  CHECK(datagram->transport_offset == 54);
  CHECK(datagram->checksum_offset() == 60);
  CHECK(datagram->payload_offset == 62);
  CHECK(datagram->end == 72);
}

TEST_CASE("padding of Ethernet is no part of the packet") {
  Buffer frame = pending_frame({});
  const std::size_t end = frame.size();
  frame.resize(60);
  const auto layout = parse_layout(frame);
  REQUIRE(layout);
  CHECK(layout->end == end);
  CHECK(layout->payload_size() == 0);
}

TEST_CASE("IPv6 extension headers are walked over") {
  Recipe recipe;
  recipe.family = IpFamily::v6;
  recipe.extensions = {{0, 16}, {43, 8}, {60, 32}};
  recipe.payload = numbered(10);
  const Buffer frame = pending_frame(recipe);
  const auto layout = parse_layout(frame);
  REQUIRE(layout);
  CHECK(layout->transport_offset == 14 + 40 + 56);
  CHECK(layout->extensions_size() == 56);
  CHECK(layout->payload_size() == 10);
  for (std::size_t size = 0; size < frame.size(); ++size) {
    CHECK_FALSE(parse_layout(Bytes(frame).first(size)));
  }
  // Each header longer than what is left, and a chain that does not end before the packet does.
  for (const std::size_t length : {54 + 1, 70 + 1, 78 + 1}) {
    Buffer longer = frame;
    longer[length] = 0xff;
    CHECK_FALSE(parse_layout(longer));
  }
  for (const unsigned last : {0u, 43u, 44u, 50u, 51u, 58u, 59u, 60u, 135u}) {
    Buffer other = frame;
    other[78] = static_cast<std::uint8_t>(last);
    CHECK_FALSE(parse_layout(other));
  }
}

TEST_CASE("fragments, unfinished extension headers and other protocols have no layout") {
  Recipe recipe;
  recipe.payload = numbered(10);
  for (const unsigned fragment : {0x2000u, 0x0001u, 0x1fffu, 0x3001u}) {
    recipe.fragment = static_cast<std::uint16_t>(fragment);
    CHECK_FALSE(parse_layout(pending_frame(recipe)));
  }
  for (const unsigned whole : {0x0000u, 0x4000u, 0x8000u}) {
    recipe.fragment = static_cast<std::uint16_t>(whole);
    CHECK(parse_layout(pending_frame(recipe)));
  }
  recipe.family = IpFamily::v6;
  for (const unsigned next : {0u, 43u, 44u, 60u, 58u, 132u}) {
    Buffer frame = pending_frame(recipe);
    frame[14 + 6] = static_cast<std::uint8_t>(next);
    CHECK_FALSE(parse_layout(frame));
  }
}

TEST_CASE("a UDP length that is not IP's has no layout") {
  Recipe recipe;
  recipe.transport = Transport::udp;
  recipe.payload = numbered(10);
  for (const unsigned length : {0u, 7u, 8u, 17u, 19u}) {
    Buffer frame = pending_frame(recipe);
    frame[14 + 20 + 5] = static_cast<std::uint8_t>(length);
    CHECK_FALSE(parse_layout(frame));
  }
}

TEST_CASE("an IPv4 header shorter than its smallest is none") {
  Recipe recipe;
  recipe.transport = Transport::udp;
  recipe.payload = numbered(10);
  // Read from 4 bytes before it, the datagram has this for its length.
  recipe.source_port = 4 + 8 + 10;
  Buffer frame = pending_frame(recipe);
  REQUIRE(parse_layout(frame));
  frame[14] = 0x44;
  CHECK_FALSE(parse_layout(frame));
}

TEST_CASE("every damage is seen as the slow twin sees it") {
  Recipe recipe;
  recipe.tags = {0x81000005};
  recipe.ip_options = {1, 1, 1, 0};
  recipe.extensions = {{0, 8}, {60, 16}};
  recipe.tcp_options = timestamps();
  recipe.payload = numbered(20);
  for (const Transport transport : {Transport::tcp, Transport::udp}) {
    for (const IpFamily family : {IpFamily::v4, IpFamily::v6}) {
      recipe.transport = transport;
      recipe.family = family;
      const OffloadHeader none;
      const Buffer frame = complete_frame(recipe);
      REQUIRE(find_segmentation_fault(frame, none).empty());
      each_damage(frame, frame.size(), [&](const Buffer& damaged) {
        REQUIRE(find_segmentation_fault(damaged, none) == "");
      });
    }
  }
}

}  // namespace lanyard::vswitch::test
